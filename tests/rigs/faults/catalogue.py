"""The catalogue of faults: how each is brought about, healed, and what must come of it.

Their numbers are those of the table in README.md of tests/faults.
"""

import signal
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from rigs.faults.fault_proxy import Way
from rigs.faults.ledgers import End
from rigs.faults.network import Network
from rigs.homes.scene import MICROPHONE_LOST, Scene
from rigs.mqtt.refusing import QUOTA_EXCEEDED, Refusing
from rigs.recognizer.faults import (
    AbortAfter,
    CloseAfter,
    CloseAfterCreated,
    CloseInsteadOfFinal,
    CloseInsteadOfFinished,
    EmptyFinals,
    ErrorAfter,
    FailItem,
    Fault,
    FinalsTwice,
    Junk,
    LateFinished,
    NoFinal,
    NoFinished,
    RefuseHandshake,
    RejectUpdate,
    SilentFromTheStart,
    SlowFinal,
    StrayUpdated,
    Without,
)
from rigs.waiting import elapse

Step = Callable[[Scene], Awaitable[object] | object]

EXECUTED = frozenset({End.EXECUTED})
REPORTED = frozenset({End.REPORTED})
EITHER = EXECUTED | REPORTED
ANY = EITHER | {End.DROPPED}


class Moment(StrEnum):
    """Of the command that it befalls."""

    BEFORE = "before the wake word"
    SPEAKING = "while it is spoken"
    SAID = "at its last word"


@dataclass(frozen=True)
class FaultCase:
    id: str
    what: str
    inject: Step
    ends: Collection[End]
    heal: Step = lambda _: None
    moment: Moment = Moment.SPEAKING
    reasons: Collection[str] = ()
    """Where it is reported: one of these; empty: any."""
    within: float = 5.0
    """Seconds from its last word to its end."""

    def __str__(self) -> str:
        return f"{self.id} {self.what}"


@dataclass(frozen=True)
class Observation:
    """What came of a fault."""

    end: End
    reason: str | None
    noticed: float | None
    """Seconds from its coming to the daemon's first word of it; None where it said
    none, or where it came before the wake word and so had to wait for its moment.
    """
    seconds: float
    """From the last word to the end."""
    recovery: float
    """From healing to the end of the next command that was executed."""


async def befall(scene: Scene, case: FaultCase) -> Observation:
    """Let it happen to the next command; assert what must come of it."""
    if case.moment is Moment.BEFORE:
        await _do(case.inject, scene)
    number = await scene.begin_to_speak()
    if case.moment is Moment.SPEAKING:
        await scene.is_understood()
    if case.moment is Moment.SAID:
        await scene.finish_speaking(number)
    scene.log.trouble_at = None
    came = time.monotonic()
    if case.moment is not Moment.BEFORE:
        await _do(case.inject, scene)
    if case.moment is not Moment.SAID:
        await scene.finish_speaking(number)
    said = scene.ledgers.spoken[number].at
    end = await scene.end(number, case.within)
    seconds = time.monotonic() - said
    noticed = None
    if case.moment is not Moment.BEFORE and scene.log.trouble_at is not None:
        noticed = scene.log.trouble_at - came
    reason = scene.ledgers.reason(number)
    assert end in case.ends, f"{case}: {end} {reason} after {seconds:.1f} s"
    if end is End.REPORTED and case.reasons:
        assert reason in case.reasons, f"{case}: {reason}"
    await _do(case.heal, scene)
    recovery = await scene.recovery()
    return Observation(end, reason, noticed, seconds, recovery)


async def _do(step: Step, scene: Scene) -> None:
    done = step(scene)
    if isinstance(done, Awaitable):
        await done


def _fail(*faults: Fault) -> Step:
    return lambda scene: scene.recognizer.fail_next(*faults)


def _forgive(scene: Scene) -> None:
    scene.recognizer.forgive()


def _heal_asr(scene: Scene) -> None:
    scene.asr.heal()


async def _heal_mqtt(scene: Scene) -> None:
    scene.mqtt.heal()
    await scene.is_connected()


def _recognizer(
    id: str,
    what: str,
    *faults: Fault,
    ends: Collection[End] = EXECUTED,
    reasons: Collection[str] = (),
    within: float = 5.0,
) -> FaultCase:
    return FaultCase(
        id,
        what,
        _fail(*faults),
        ends,
        heal=_forgive,
        moment=Moment.BEFORE,
        reasons=reasons,
        within=within,
    )


RECOGNIZER = [
    _recognizer("F02a", "the recognizer resets the connection", AbortAfter(0.6)),
    _recognizer("F03a", "it closes with 1011 in mid-speech", CloseAfter(0.6, 1011)),
    _recognizer("F03b", "it closes with 1013 in mid-speech", CloseAfter(0.6, 1013)),
    _recognizer("F03c", "it closes instead of the final", CloseInsteadOfFinal(1011)),
    _recognizer(
        "F03d",
        "it closes instead of the final, twice",
        CloseInsteadOfFinal(),
        CloseInsteadOfFinal(),
        ends=REPORTED,
        reasons=["asr_unreachable"],
    ),
    _recognizer(
        "F04a",
        "it never says a word",
        SilentFromTheStart(),
        SilentFromTheStart(),
        ends=REPORTED,
        reasons=["asr_timeout", "asr_unreachable"],
        within=8.0,
    ),
    _recognizer(
        "F04b",
        "it never sends the final",
        NoFinal(),
        ends=REPORTED,
        reasons=["asr_timeout"],
        within=6.0,
    ),
    _recognizer("F05a", "its final is 2 s late", SlowFinal(2.0)),
    _recognizer(
        "F05b",
        "its final is 8 s late",
        SlowFinal(8.0),
        ends=REPORTED,
        reasons=["asr_timeout"],
        within=6.0,
    ),
    _recognizer("F07", "it answers 429, then all is well", RefuseHandshake(429)),
    _recognizer("F07b", "it answers 503, then all is well", RefuseHandshake(503)),
    _recognizer("F09a", "session.finished never comes", NoFinished()),
    _recognizer("F09b", "session.finished comes late", LateFinished(3.0)),
    _recognizer("F09c", "it closes instead of finishing", CloseInsteadOfFinished(1011)),
    _recognizer(
        "B01",
        "it does not take the settings",
        RejectUpdate(),
        ends=REPORTED,
        reasons=["asr_protocol"],
    ),
    _recognizer("B02", "an error of its own in mid-speech", ErrorAfter(0.6)),
    _recognizer("B03", "the recognition fails", FailItem()),
    _recognizer("B04", "every final comes twice", FinalsTwice()),
    _recognizer(
        "B05",
        "it understood nothing",
        EmptyFinals(),
        ends=REPORTED,
        reasons=["no_speech"],
    ),
    _recognizer("B06", "session.updated comes unasked", StrayUpdated()),
    _recognizer("B07", "no message has an id", Without()),
    _recognizer("B08", "it sends null", Junk("null")),
    _recognizer("B09", "it sends a list", Junk("[1]")),
    _recognizer("B10", "it sends what is nested 1000 deep", Junk("[" * 1000)),
    _recognizer("B11", "it sends what is not JSON", Junk("{oops")),
    _recognizer("B12", "it sends binary frames", Junk(b"\x00\xff" * 50)),
    _recognizer("B13", "it sends a type that is a number", Junk('{"type": 5}')),
    _recognizer("B14", "it sends numbers beyond all bounds", Junk('{"type":1e999}')),
    _recognizer("B15", "it sends an unknown type", Junk('{"type": "x.y"}')),
    _recognizer("B16", "it sends 2 MiB", Junk("x" * (1 << 21)), ends=EITHER, within=9),
]

ASR_LINK = [
    FaultCase(
        "F01a",
        "the way to the recognizer stalls",
        lambda scene: scene.asr.stall(),
        REPORTED,
        _heal_asr,
        reasons=["asr_timeout"],
        within=8.0,
    ),
    FaultCase(
        "F01b",
        "only what we send stalls",
        lambda scene: scene.asr.stall(Way.UP),
        REPORTED,
        _heal_asr,
        reasons=["asr_timeout"],
        within=8.0,
    ),
    FaultCase(
        "F01c",
        "only what we hear stalls",
        lambda scene: scene.asr.stall(Way.DOWN),
        REPORTED,
        _heal_asr,
        reasons=["asr_timeout"],
        within=8.0,
    ),
    FaultCase("F02b", "RST in mid-speech", lambda scene: scene.asr.reset(), EXECUTED),
    FaultCase("F02c", "FIN in mid-speech", lambda scene: scene.asr.close(), EXECUTED),
    FaultCase(
        "F02d",
        "RST at the last word",
        lambda scene: scene.asr.reset(),
        EXECUTED,
        moment=Moment.SAID,
    ),
    FaultCase(
        "F02e",
        "RST within a frame",
        lambda scene: scene.asr.cut_after(20_001),
        EXECUTED,
        _heal_asr,
    ),
    FaultCase(
        "F10",
        "1 KB/s uplink",
        lambda scene: scene.asr.throttle(1000),
        REPORTED,
        _heal_asr,
        moment=Moment.BEFORE,
        reasons=["asr_timeout", "asr_unreachable"],
        within=9.0,
    ),
    FaultCase(
        "L01",
        "300 ms each way to the recognizer",
        lambda scene: scene.asr.delay(0.3),
        EXECUTED,
        _heal_asr,
        moment=Moment.BEFORE,
        within=6.0,
    ),
    FaultCase(
        "L02",
        "nothing listens where the recognizer was",
        lambda scene: scene.asr.refuse(),
        REPORTED,
        _heal_asr,
        moment=Moment.BEFORE,
        reasons=["asr_unreachable"],
    ),
]


async def _outage(scene: Scene) -> None:
    """The broker is away for two seconds."""
    scene.broker.kill()
    await elapse(2.0)
    scene.broker.start()


async def _long_outage(scene: Scene) -> None:
    """As long as a command lives, and some."""
    scene.broker.kill()
    await elapse(scene.ledgers.time_to_live + 1.0)
    scene.broker.start()


async def _freeze(scene: Scene) -> None:
    scene.broker.freeze()
    await elapse(2.0)
    scene.broker.thaw()


async def _flood(scene: Scene) -> None:
    for i in range(500):
        scene.house.say("auricle/study/listen/set", "x" * i, qos=0)
        scene.house.say("auricle/study/mute/set", b"\xff\xfe", qos=0)


BROKER = [
    FaultCase(
        "F17a",
        "the broker is away for 2 s",
        _outage,
        EITHER,
        _heal_mqtt,
        within=12.0,
    ),
    FaultCase(
        "F17b",
        "the broker is killed with a command on its way",
        _outage,
        EITHER,
        _heal_mqtt,
        moment=Moment.SAID,
        within=12.0,
    ),
    FaultCase(
        "F17c",
        "the broker is away for longer than a command lives",
        _long_outage,
        REPORTED,
        _heal_mqtt,
        reasons=["expired"],
        within=12.0,
    ),
    FaultCase(
        "F17d",
        "the broker hangs for 2 s",
        _freeze,
        EITHER,
        _heal_mqtt,
        within=12.0,
    ),
    FaultCase(
        "F18",
        "the acknowledgment never arrives",
        lambda scene: scene.mqtt.stall(Way.DOWN),
        EITHER,
        _heal_mqtt,
        moment=Moment.SAID,
        within=12.0,
    ),
    FaultCase(
        "F19",
        "the way to the broker stalls",
        lambda scene: scene.mqtt.stall(),
        EITHER,
        _heal_mqtt,
        within=12.0,
    ),
    FaultCase(
        "F19b",
        "RST from the broker in mid-speech",
        lambda scene: scene.mqtt.reset(),
        EXECUTED,
        _heal_mqtt,
        within=12.0,
    ),
    FaultCase(
        "F19c",
        "300 ms each way to the broker",
        lambda scene: scene.mqtt.delay(0.3),
        EXECUTED,
        _heal_mqtt,
        moment=Moment.BEFORE,
    ),
    FaultCase(
        "F20",
        "the broker's rules forbid the command",
        lambda scene: scene.forbid_everything(),
        REPORTED,
        lambda scene: scene.allow_again(),
        moment=Moment.BEFORE,
        reasons=["rejected"],
    ),
    FaultCase(
        "F20q",
        "the broker's quota is exceeded",
        lambda scene: scene.mqtt.screen(Refusing(QUOTA_EXCEEDED).screen),
        REPORTED,
        _heal_mqtt,
        moment=Moment.BEFORE,
        reasons=["rejected"],
    ),
    FaultCase(
        "F21",
        "nobody listens",
        lambda scene: scene.house.leave(),
        EITHER,
        lambda scene: scene.house.come_back(),
        moment=Moment.BEFORE,
        reasons=["no_listener"],
    ),
    FaultCase("F34", "a thousand meaningless orders", _flood, EXECUTED),
]


async def _kill(scene: Scene) -> None:
    await scene.kill()
    await scene.restart()


async def _terminate(scene: Scene) -> None:
    assert await scene.program.stop(signal.SIGTERM, timeout=3.0) == 0
    await scene.restart()


async def _suspend(scene: Scene) -> None:
    scene.program.send(signal.SIGSTOP)
    await elapse(2.0)
    scene.program.send(signal.SIGCONT)


async def _unplug(scene: Scene) -> None:
    scene.room.unplug()
    lost = scene.log.counts[MICROPHONE_LOST]
    await scene.until(lambda: scene.log.counts[MICROPHONE_LOST] > lost, 5.0)
    scene.room.plug_in()


PROGRAM = [
    FaultCase("F23a", "kill -9 in mid-speech", _kill, ANY, within=12.0),
    FaultCase(
        "F23b",
        "kill -9 at the last word",
        _kill,
        ANY,
        moment=Moment.SAID,
        within=12.0,
    ),
    FaultCase(
        "F35",
        "SIGTERM in mid-speech",
        _terminate,
        REPORTED,
        reasons=["cancelled"],
        within=12.0,
    ),
    FaultCase("F28", "the process gets no time for 2 s", _suspend, ANY, within=12.0),
    FaultCase(
        "F30",
        "the microphone hangs until that is noticed",
        _unplug,
        # What a busy machine had not heard by then may have been all of it.
        EITHER,
        reasons=["microphone"],
    ),
]


async def _set_right(scene: Scene) -> None:
    """Let the key be good again, and start anew: that is when it is tried again."""
    scene.recognizer.forgive()
    await _terminate(scene)


def _refusal(id: str, what: str, fault: Fault) -> FaultCase:
    return FaultCase(
        id,
        what,
        _fail(fault, fault),
        REPORTED,
        _set_right,
        moment=Moment.BEFORE,
        reasons=["auth_failed"],
    )


REFUSALS = [
    _refusal("F08a", "the key is refused with 401", RefuseHandshake(401)),
    _refusal("F08b", "the key is refused with 403", RefuseHandshake(403)),
    _refusal("F08c", "access is denied by a close", CloseAfterCreated()),
]

CATALOGUE = [*RECOGNIZER, *ASR_LINK, *BROKER, *PROGRAM, *REFUSALS]


# --- where the house has a network of its own ---


def _network(order: Callable[[Network, Scene], None]) -> Step:
    def inject(scene: Scene) -> None:
        assert scene.network is not None
        order(scene.network, scene)

    return inject


async def _heal_network(scene: Scene) -> None:
    assert scene.network is not None
    scene.network.heal()
    await scene.is_connected()


NETWORK = [
    FaultCase(
        "F01",
        "the recognizer vanishes in mid-speech",
        _network(lambda network, scene: network.drop(scene.asr.port)),
        REPORTED,
        _heal_network,
        reasons=["asr_unreachable", "asr_timeout"],
        within=12.0,
    ),
    FaultCase(
        "F10n",
        "an uplink of 64 kbit/s",
        _network(lambda network, _: network.throttle(64)),
        REPORTED,
        _heal_network,
        moment=Moment.BEFORE,
        reasons=["asr_timeout", "asr_unreachable"],
        within=14.0,
    ),
    FaultCase(
        "F11",
        "one packet in ten is lost",
        _network(lambda network, _: network.lose(10)),
        EITHER,
        _heal_network,
        moment=Moment.BEFORE,
        within=12.0,
    ),
    FaultCase(
        "F19n",
        "the broker vanishes in mid-speech",
        _network(lambda network, scene: network.drop(scene.mqtt.port)),
        EITHER,
        _heal_network,
        within=14.0,
    ),
    FaultCase(
        "F19o",
        "the broker hears nothing any more",
        _network(lambda network, scene: network.drop_towards(scene.mqtt.port)),
        REPORTED,
        _heal_network,
        within=14.0,
    ),
]
