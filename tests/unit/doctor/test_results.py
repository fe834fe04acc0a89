import json

from auricle.doctor.results import Result, Status, all_well, as_json, as_lines, tally
from auricle.system.redaction import Redaction


def test_what_to_do_stands_under_what_is_wrong() -> None:
    found = Result("broker", Status.FAILED, "nothing listens", "start it")
    first, second = as_lines(found)
    assert first.startswith("✘ broker")
    assert second.strip() == "start it"
    assert first.index("nothing") == second.index("start")


def test_every_mistake_has_its_own_line() -> None:
    found = Result("configuration", Status.FAILED, "one\ntwo")
    assert [line.split()[-1] for line in as_lines(found)] == ["one", "two"]


def test_all_is_well_where_every_check_passes_or_does_not_apply() -> None:
    kinds = [Status.OK, Status.SKIPPED]
    results = [Result("x", kind, "") for kind in kinds]
    assert all_well(results)
    assert not all_well([*results, Result("x", Status.WARNING, "")])
    assert not all_well([*results, Result("x", Status.FAILED, "")])
    assert tally(results) == "2 checks: 1 passed, 1 skipped"


def test_programs_get_everything_as_json() -> None:
    results = [Result("disk", Status.FAILED, "it is full", "make room")]
    assert json.loads(as_json(results)) == {
        "healthy": False,
        "checks": [
            {
                "name": "disk",
                "status": "failed",
                "meaning": "it is full",
                "advice": "make room",
            }
        ],
    }


def test_a_secret_that_somebody_quotes_is_not_repeated() -> None:
    found = Result("recognizer", Status.FAILED, "key sk-1 is bad", "replace sk-1")
    redaction = Redaction()
    redaction.keep("sk-1")
    told = found.redacted(redaction.redacted)
    assert (told.meaning, told.advice) == ("key *** is bad", "replace ***")
