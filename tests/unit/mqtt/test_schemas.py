"""The schemas in homeassistant/schemas, against what is published.

Every test that listens to a broker (`rigs.mqtt.subscriber`) checks all that it hears.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auricle.arbitration.messages import Alive, Bid, Claim, Done, GroupMessage, Take
from auricle.errors import Reason
from auricle.mqtt.delivery.ledger import Fate, Outbound
from auricle.mqtt.group_messages import (
    Ask,
    Gone,
    Here,
    Presence,
    Remembrance,
    Told,
    Untold,
    Who,
    encode,
)
from auricle.mqtt.hermes import START_LISTENING, Hermes
from auricle.mqtt.link.broker import Received
from auricle.mqtt.link.message import Message
from auricle.mqtt.messages import Diagnostics, Disclosure, Messages
from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Topics
from auricle.turns.sounds import PlayReason, PlayReport, PlayState
from auricle.turns.turn import Mode, Outcome, OutcomeKind, Stamp, Transcript, Turn
from auricle.wake.detector import Detection
from rigs.mqtt.schemas import FIRST_LINE, FOLDER, SCHEMA_OF, complaints

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
STAMP = Stamp(NOW, NOW + timedelta(seconds=2), 0.42)
BY_VOICE = Turn("t1", Mode.SERVER_VAD, Detection("okay_nabu", 0.97, 16_000))
BY_BUTTON = Turn("t2", Mode.MANUAL, None)
MESSAGES = Messages(Topics("auricle", "study"), Disclosure(partial=True))
SILENT = replace(MESSAGES, disclosure=Disclosure(text=False, emotion=False))


def site() -> Hermes:
    return Hermes("study", plays=True, speaks=True, new_sound_id=lambda: "sound")


def outcomes(turn: Turn) -> list[Outcome]:
    return [
        Outcome(turn, OutcomeKind.TRANSCRIPT, Transcript("on", "en", "angry")),
        Outcome(turn, OutcomeKind.TRANSCRIPT, Transcript("on")),
        Outcome(
            turn,
            OutcomeKind.TRANSCRIPT,
            Transcript("on", raw_text="Okay nabu, on", wake_confirmed=True),
        ),
        Outcome(turn, OutcomeKind.NO_SPEECH),
        Outcome(turn, OutcomeKind.CANCELLED),
        *(Outcome(turn, OutcomeKind.ERROR, reason=reason) for reason in Reason),
        Outcome(turn, OutcomeKind.YIELDED, answered_by="hall"),
        Outcome(
            *(turn, OutcomeKind.TRANSCRIPT, Transcript("on")),
            heard_by=("hall", "study"),
            stands_in_for="t0",
        ),
        Outcome(
            replace(turn, follow_up=True, continues="t0"),
            *(OutcomeKind.TRANSCRIPT, Transcript("and the lamp")),
        ),
    ]


def told_to_the_group() -> list[Message]:
    claim = Claim("study", "t1", "okay_nabu", -200.0, 1.4)
    said: list[GroupMessage | Presence | Remembrance] = [
        *(Here("study"), Who(), Gone("study"), Bid(claim)),
        *(Take(claim), Take(claim, "t0"), Take(claim, None, "t0", bytes(480))),
        *(Alive(claim), Alive(claim, "t0", None, bytes(480))),
        *(Done(claim, kind.value) for kind in OutcomeKind),
        Done(claim, OutcomeKind.TRANSCRIPT, None, "t0", "on"),
        Bid(replace(claim, interrupting=True)),
        Take(replace(claim, later=("t2", "t3"))),
        Done(claim, OutcomeKind.CANCELLED, told_to_stop=True),
        *(Ask("study", "t1"), Ask("study", "t1", "t0")),
        *(Told("study", "t1"), Told("study", "t1", "t0"), Untold("study", "t1")),
    ]
    topic = MESSAGES.topics.bid("all")
    return [Message(topic, encode(message), qos=0) for message in said]


def published() -> list[Message]:
    messages = [
        MESSAGES.wake(BY_VOICE, NOW),
        MESSAGES.wake(BY_BUTTON, NOW),
        MESSAGES.partial("t1", "turn on", 1),
        MESSAGES.setting(Setting.CONTEXT, ""),
        MESSAGES.setting(Setting.GROUP, "upstairs"),
        MESSAGES.play_refused(),
        MESSAGES.play(PlayReport("a1", PlayState.STARTED)),
        *(
            MESSAGES.play(PlayReport("a1", PlayState.FAILED, reason))
            for reason in PlayReason
        ),
        MESSAGES.update("0.2.0", None, ""),
        MESSAGES.update("0.2.0.dev1", "0.3.0", ""),
        MESSAGES.update("0.2.0", "0.3.0", "https://forge.example/releases/tag/v0.3.0"),
        MESSAGES.diagnostics(Diagnostics(NOW, asr=True, mic=True)),
        MESSAGES.diagnostics(
            Diagnostics(
                NOW,
                asr=False,
                mic=False,
                problem="auth_failed",
                spoken_today=3.2,
                cost_today=0.0003,
                cpu_temperature=51.2,
            )
        ),
    ]
    for kind in (MESSAGES, SILENT):
        for turn in (BY_VOICE, BY_BUTTON):
            for outcome in outcomes(turn):
                for stamp in (STAMP, replace(STAMP, latency=None)):
                    outbound = Outbound(outcome, stamp, seq=1, run_id="b")
                    messages += kind.outcome(outbound, age=0.5, expiry=9)
                    if outcome.kind is OutcomeKind.TRANSCRIPT:
                        messages.append(kind.history(outbound, Fate.ACKED, age=3600))
    return [*messages, *in_hermes(), *told_to_the_group()]


def in_hermes() -> list[Message]:
    hermes = site()
    messages = [hermes.begun(BY_VOICE)]
    for session in (b'{"siteId":"study"}', b'{"siteId":"study","sessionId":"s7"}'):
        for turn in (BY_VOICE, BY_BUTTON):
            for outcome in outcomes(turn):
                outbound = Outbound(outcome, STAMP, seq=1, run_id="b")
                hermes.interpret(Received(START_LISTENING, session, retain=False))
                messages.append(hermes.captured(outbound, expiry=9))
    return [message for message in messages if message]


def test_every_message_fits_the_schema_of_its_topic() -> None:
    assert [c for m in published() for c in complaints(m.topic, m.payload)] == []


def test_every_schema_is_of_a_topic_or_a_part_of_others() -> None:
    schemas = {path.name.partition(".")[0] for path in FOLDER.iterdir()}

    assert schemas == {*SCHEMA_OF.values(), "turn", FIRST_LINE}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (
            "auricle/study/event/wake",
            '{"event_type":"wake_word","turn":"t","time":"noon"}',
        ),
        ("auricle/study/context", '{"value":7}'),
        ("auricle/study/bid/all", '{"kind":"bid"}'),
        ("auricle/study/bid/all", '{"kind":"here","turn":"t"}'),
        ("auricle/study/bid/all", '{"kind":"ask"}'),
        ("auricle/study/bid/all", '{"kind":"told","turn":"t","level":1}'),
        ("auricle/study/bid/all", '{"kind":"ask","turn":"t","later":["u"]}'),
        (
            "auricle/study/transcript/partial",
            '{"text":"on","turn":"t","seq":1,"mood":"glad"}',
        ),
    ],
)
def test_what_does_not_fit_is_noticed(topic: str, payload: str) -> None:
    assert complaints(topic, payload)
