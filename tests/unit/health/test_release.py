import json
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.health.release import (
    DAY,
    LARGEST_ANSWER,
    Release,
    ReleaseError,
    pauses_after_failures,
    read_release,
)

PAGE = "https://forge.example/auricle/auricle/releases/tag/v1.2.3"


def answer(**fields: object) -> bytes:
    """As GitHub, Forgejo and Gitea answer, with more in it than anybody needs."""
    told = {"tag_name": "v1.2.3", "html_url": PAGE, "name": "1.2.3", "assets": [{}]}
    return json.dumps({**told, "draft": False, "prerelease": False, **fields}).encode()


def test_an_answer_tells_the_version_and_its_page() -> None:
    assert read_release(answer()) == Release("1.2.3", PAGE)


def test_a_version_may_be_tagged_without_a_letter() -> None:
    assert read_release(answer(tag_name="1.2.3")).version == "1.2.3"


@pytest.mark.parametrize(
    "page",
    [
        *("http://forge.example/", "javascript:alert(1)", "https://a b", "", 1, None),
        "https://forge.example/" + "x" * 500,
    ],
)
def test_a_page_that_nobody_should_be_sent_to_is_left_out(page: object) -> None:
    assert read_release(answer(html_url=page)) == Release("1.2.3")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (b"", "other than JSON"),
        (b"<html>", "other than JSON"),
        (b"\xff", "other than JSON"),
        (b"[" * 200_000, "other than JSON"),
        (b"[]", "no object"),
        (b"{}", "no version"),
        (answer(tag_name="nightly"), "no version"),
        (answer(tag_name="v1.2.3-rc.1"), "no version"),
        (answer(tag_name="v1.2.3\n"), "no version"),
        (answer(tag_name=None), "no version"),
        (answer(tag_name="v\u0661.2.3"), "no version"),
        (answer(prerelease=True), "not for everybody"),
        (answer(draft=True), "not for everybody"),
        (answer(body="x" * LARGEST_ANSWER), "more than anybody"),
    ],
)
def test_what_tells_of_no_release_is_refused_with_the_reason(
    told: bytes, reason: str
) -> None:
    with pytest.raises(ReleaseError, match=reason):
        read_release(told)


@given(st.binary() | st.text().map(str.encode))
def test_whatever_is_answered_is_a_release_or_an_error(told: bytes) -> None:
    with pytest.raises(ReleaseError):
        read_release(told)


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_a_release_of_any_other_fields_has_a_version_and_a_page_at_most(
    field: object,
) -> None:
    told = answer(name=field, body=field, assets=field)

    assert read_release(told) == Release("1.2.3", PAGE)


@pytest.mark.parametrize(
    ("installed", "is_newer"),
    [
        *(("1.2.2", True), ("0.10.9", True), ("1.1.99", True)),
        *(("1.2.3", False), ("1.2.10", False), ("2.0.0", False)),
        *(("1.2.2.dev4", True), ("1.2.3.dev4", False)),
    ],
)
def test_versions_are_compared_as_numbers(installed: str, *, is_newer: bool) -> None:
    assert Release("1.2.3").is_newer_than(installed) is is_newer


def test_who_does_not_answer_is_asked_less_and_less_but_once_a_day() -> None:
    pauses = list(islice(pauses_after_failures(), 9))

    assert pauses[0] == 60
    assert pauses == sorted(pauses)
    assert pauses[-1] == DAY
