import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Topics, node_name


def test_every_topic_of_a_satellite_lies_below_its_own_root() -> None:
    topics = Topics("auricle", "study")

    assert topics.state == "auricle/study/state"
    assert topics.command(Setting.MUTE) == "auricle/study/mute/set"
    assert topics.discovery == "homeassistant/device/auricle_study/config"


def test_no_two_retained_topics_are_the_same() -> None:
    retained = Topics("auricle", "study").retained

    assert len(set(retained)) == len(retained)


@pytest.mark.parametrize("node", ["", "Study", "a/b", "a+", "#", "a b", "küche", "a\n"])
def test_a_node_that_is_no_plain_word_is_refused(node: str) -> None:
    with pytest.raises(ValueError, match="lower-case letters"):
        Topics("auricle", node)


@pytest.mark.parametrize("base", ["", "a/", "a/b", "#", "+", "$SYS", "a b", "x" * 65])
def test_a_base_that_is_no_plain_word_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="such as auricle"):
        Topics(base, "study")


@pytest.mark.parametrize(
    "prefix", ["", "a/", "/a", "a//b", "a/+", "#", "$SYS", "a b", "x" * 65]
)
def test_a_prefix_with_wildcards_or_empty_levels_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="at neither end"):
        Topics("auricle", "study", prefix)


def test_a_prefix_may_have_several_levels() -> None:
    topics = Topics("auricle", "study", "home/assistant")

    assert topics.birth == "home/assistant/status"


@given(st.text())
def test_any_hostname_gives_a_usable_node(hostname: str) -> None:
    Topics("auricle", node_name(hostname))


def test_a_hostname_keeps_its_words_and_loses_its_domain() -> None:
    assert node_name("Living-Room.local") == "living_room"


def test_the_satellites_of_a_group_are_told_apart_by_their_topics() -> None:
    study = Topics("auricle", "study")

    assert study.bid("all") == "auricle/study/bid/all"
    assert study.bids("all") == "auricle/+/bid/all"
    assert study.bidder("auricle/hall/bid/all", "all") == "hall"
    for other in (
        "auricle/hall/bid/upstairs",
        "auricle/hall/bid",
        "auricle//bid/all",
        "auricle/bid/all",
        "auricle/a/b/bid/all",
        "other/hall/bid/all",
        "auricle/hall/mute/set",
    ):
        assert study.bidder(other, "all") is None
