from collections.abc import Sequence
from dataclasses import replace

import pytest

from auricle.doctor import broker
from auricle.doctor.broker import Answers
from auricle.doctor.results import Status
from auricle.mqtt.discovery.payload import SatelliteDevice, discovery
from auricle.mqtt.link.broker import (
    Connected,
    DeliveryResult,
    Disconnected,
    Problem,
    Version,
)
from auricle.mqtt.messages import Disclosure
from auricle.mqtt.name_check import Namesake
from auricle.mqtt.settings import Options
from auricle.mqtt.topics import Topics

TOPICS = Topics("auricle", "study")


def asked(
    *,
    probe: DeliveryResult = DeliveryResult.NO_LISTENER,
    came_back: bool = True,
    announcement: DeliveryResult | None = DeliveryResult.ACKED,
    birth: str | None = None,
    version: Version = Version.V5,
) -> broker.BrokerVisit:
    answers = Answers(probe, came_back, announcement, birth)
    return broker.BrokerVisit("b:1883", Connected(version), TOPICS, (), answers)


@pytest.mark.parametrize("problem", Problem)
def test_every_trouble_with_the_broker_has_its_remedy(problem: Problem) -> None:
    visit = broker.BrokerVisit("b:1883", Disconnected(problem, "no"), TOPICS)
    assert broker.judge_broker(visit).advice
    assert broker.judge_topics(visit).status is Status.SKIPPED
    assert broker.judge_home_assistant(visit).status is Status.SKIPPED


INTRODUCTION = discovery(
    TOPICS,
    SatelliteDevice("Study", "1", "Pi"),
    Disclosure(),
    Options(("auto",), ("off",)),
)


def taking(
    largest: int | None, as_large: DeliveryResult | None = None
) -> broker.BrokerVisit:
    answers = asked().answers
    assert answers is not None
    answers = replace(answers, as_large=as_large)
    fact = Connected(Version.V5, largest)
    return broker.BrokerVisit("b:1883", fact, TOPICS, (), answers, INTRODUCTION)


def test_a_broker_that_takes_enough_is_well() -> None:
    for visit in (taking(None), taking(None, DeliveryResult.ACKED), taking(65_536)):
        assert broker.judge_broker(visit).status is Status.OK


def test_a_broker_that_takes_the_device_one_by_one_is_well_and_it_is_said() -> None:
    found = broker.judge_broker(taking(4000))
    assert found.status is Status.OK
    assert "takes 4000 bytes at once" in found.meaning
    assert "its entities go one by one" in found.meaning


def test_a_broker_that_takes_too_little_names_what_is_missing() -> None:
    found = broker.judge_broker(taking(640))
    assert found.status is Status.WARNING
    assert "recognition_hints" in found.meaning
    assert "max_packet_size" in found.advice


def test_a_broker_that_drops_who_sends_much_is_found_out() -> None:
    found = broker.judge_broker(taking(None, DeliveryResult.LOST))
    assert found.status is Status.WARNING
    assert "drops us for" in found.meaning
    assert "max_packet_size" in found.advice


def test_a_forbidden_announcement_names_its_topic() -> None:
    found = broker.judge_topics(asked(announcement=DeliveryResult.REJECTED))
    assert found.status is Status.FAILED
    assert "write homeassistant/device/auricle_study/config" in found.meaning
    assert "acl.example" in found.advice


def test_commands_that_do_not_arrive_may_not_be_read() -> None:
    found = broker.judge_topics(asked(came_back=False))
    assert "read auricle/study/+/set" in found.meaning


def test_where_we_may_not_write_reading_is_not_blamed() -> None:
    found = broker.judge_topics(asked(came_back=False, probe=DeliveryResult.REJECTED))
    assert "write auricle/study/#" in found.meaning
    assert "read" not in found.meaning


def test_a_broker_over_its_quota_is_no_matter_of_access_rules() -> None:
    visit = asked(came_back=False, probe=DeliveryResult.OVER_QUOTA)

    assert "quota" in broker.judge_topics(visit).meaning


def test_a_broker_that_fails_is_no_matter_of_access_rules() -> None:
    for visit in (
        asked(came_back=False, probe=DeliveryResult.FAILED),
        asked(announcement=DeliveryResult.FAILED),
    ):
        found = broker.judge_topics(visit)
        assert found.status is Status.FAILED
        assert "for a reason of its own" in found.meaning
    assert broker.judge_home_assistant(visit).status is Status.SKIPPED


def test_home_assistant_waits_for_devices() -> None:
    assert broker.judge_home_assistant(asked()).status is Status.OK


def test_home_assistant_that_says_so_is_believed() -> None:
    visit = asked(birth="online", probe=DeliveryResult.ACKED)
    assert broker.judge_home_assistant(visit).status is Status.OK


def test_nobody_who_waits_for_devices_is_no_home_assistant() -> None:
    visit = asked(announcement=DeliveryResult.NO_LISTENER)
    found = broker.judge_home_assistant(visit)
    assert found.status is Status.WARNING
    assert "not seen" in found.meaning


def test_who_listens_to_everything_is_not_taken_for_home_assistant() -> None:
    visit = asked(probe=DeliveryResult.ACKED)
    assert broker.judge_home_assistant(visit).status is Status.SKIPPED


def test_an_old_broker_does_not_tell_who_listens() -> None:
    visit = asked(version=Version.V311, probe=DeliveryResult.ACKED)
    assert broker.judge_home_assistant(visit).status is Status.SKIPPED


def in_a_group(
    answers: Answers,
    *,
    group: str = "all",
    denied: Sequence[str] = (),
    version: Version = Version.V5,
) -> broker.BrokerVisit:
    fact = Connected(version)
    return broker.BrokerVisit("b:1883", fact, TOPICS, denied, answers, group=group)


WELL = Answers(DeliveryResult.NO_LISTENER, came_back=True)


def test_a_satellite_that_is_alone_in_its_group_is_well() -> None:
    found = broker.judge_group(in_a_group(WELL))
    assert found.status is Status.OK
    assert found.meaning == "in 'all' there is nobody else, so nobody waits"


def test_what_tells_the_group_nothing_is_blamed_on_the_rules() -> None:
    for visit in (
        in_a_group(replace(WELL, bids_come=False)),
        in_a_group(WELL, denied=["auricle/+/bid/all"]),
    ):
        assert broker.judge_group(visit).status is Status.FAILED
        assert broker.judge_topics(visit).status is Status.OK


def test_where_we_may_not_write_the_group_is_not_blamed() -> None:
    silent = replace(WELL, bids_come=False, probe=DeliveryResult.REJECTED)
    assert broker.judge_group(in_a_group(silent)).status is Status.OK


def test_a_satellite_in_no_group_has_nothing_to_judge() -> None:
    found = broker.judge_group(in_a_group(WELL, group=""))
    assert found.status is Status.SKIPPED


def test_a_namesake_is_told_with_its_machine() -> None:
    other = replace(WELL, namesake=Namesake("r", "hall-pi", "2026-11-21T08:00:00Z"))
    found = broker.judge_name(in_a_group(other))
    assert found.status is Status.FAILED
    assert "on the machine hall-pi, since 2026-11-21" in found.meaning
    assert broker.judge_name(in_a_group(WELL)).status is Status.OK
