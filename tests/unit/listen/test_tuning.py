"""Which threshold suits, and how its curve is drawn."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.listen.tuning import MOST_AN_HOUR, Evidence, curve, propose, rate
from auricle.listen.tuning_picture import lines, svg

SURE, VAGUE = [0.97] * 12, [0.55, 0.6, 0.62]
SCORES = st.lists(st.floats(0, 1), max_size=40)
EVIDENCE = st.builds(Evidence, SCORES, SCORES, st.floats(0, 48))


def test_it_lies_in_the_middle_of_those_that_cost_nothing() -> None:
    proposal = propose(Evidence(SURE, VAGUE, hours=2.0))
    assert proposal.threshold == 0.79
    assert proposal.reason == (
        "0 of 12 missed, false alarms: none in 2.0 h, so 1.5 an hour at most"
    )


def test_false_alarms_may_come_once_in_three_hours_where_it_hears_more_then() -> None:
    evidence = Evidence([*SURE, 0.8], [0.85], hours=4.0)
    proposal = propose(evidence)
    assert proposal.threshold is not None
    assert proposal.threshold < 0.8
    assert "0 of 13 missed" in proposal.reason
    often = propose(Evidence([*SURE, 0.8], [0.85], hours=2.0))
    assert often.threshold is not None
    assert often.threshold > 0.85
    assert "1 of 13 missed" in often.reason


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (
            Evidence(SURE[:9], [], hours=5.0),
            "9 wake words were said, and 10 are needed",
        ),
        (
            Evidence(SURE, [], hours=0.5),
            "0.5 h of all else were heard, and 1 h are needed",
        ),
        (Evidence(SURE, [1.0] * 9, hours=1.0), "whatever the threshold, too much"),
    ],
)
def test_without_enough_to_go_by_none_is_proposed(
    evidence: Evidence, told: str
) -> None:
    proposal = propose(evidence)
    assert proposal.threshold is None
    assert told in proposal.reason


def test_where_most_are_missed_something_else_is_advised() -> None:
    proposal = propose(Evidence([0.3] * 8 + SURE, [0.6] * 30, hours=3.0))
    assert "microphone.gain" in proposal.reason


def test_it_is_told_how_little_no_false_alarm_says() -> None:
    assert rate(0, 0.5) == "none in 0.5 h, so 6.0 an hour at most"
    assert rate(3, 2.0) == "1.5 an hour"
    assert rate(0, 0.0) == "nobody knows how many an hour"


@given(EVIDENCE)
def test_a_higher_threshold_misses_no_fewer_and_has_no_more_false_alarms(
    evidence: Evidence,
) -> None:
    points = curve(evidence)
    missed = [point.missed for point in points]
    false_alarms = [point.false_alarms for point in points]
    assert missed == sorted(missed)
    assert false_alarms == sorted(false_alarms, reverse=True)


@given(EVIDENCE)
def test_no_threshold_with_few_enough_false_alarms_misses_less(
    evidence: Evidence,
) -> None:
    proposal = propose(evidence)
    if proposal.threshold is None:
        return
    points = {point.threshold: point for point in curve(evidence)}
    proposed = points[proposal.threshold]
    most = MOST_AN_HOUR * evidence.hours
    assert proposed.false_alarms <= most
    others = [p.missed for p in points.values() if p.false_alarms <= most]
    assert proposed.missed == min(others)


def test_the_terminal_shows_each_twentieth_and_those_that_matter() -> None:
    evidence = Evidence(SURE, VAGUE, hours=2.0)
    drawn = list(lines(evidence, now=0.9, proposed=0.79))
    assert [line.split()[0] for line in drawn[1:]] == [
        *("0.50", "0.55", "0.60", "0.65", "0.70", "0.75", "0.79", "0.80"),
        *("0.85", "0.90", "0.95"),
    ]
    assert drawn[7].endswith("0  <- proposed")
    assert drawn[10].endswith("0  <- now")
    assert "0 of 12" in drawn[1]
    assert drawn[1].endswith(" 3")


@given(EVIDENCE, st.text(max_size=20).filter(str.isprintable))
def test_the_picture_is_well_formed_whatever_it_shows(
    evidence: Evidence, name: str
) -> None:
    proposed = propose(evidence).threshold
    picture = ElementTree.fromstring(svg(name, evidence, now=0.9, proposed=proposed))
    texts = ["".join(each.itertext()) for each in picture.iter() if each.text]
    assert any(name in text for text in texts)
    assert "now 0.9" in texts
    assert (proposed is not None) == any(t.startswith("proposed ") for t in texts)
