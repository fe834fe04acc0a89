"""What is heard, and which of it is anybody's business."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from auricle.arbitration.voice_print import WORD
from auricle.arbitration.word_level import word_level
from auricle.audio.echo import EchoHold, OwnSound
from auricle.audio.frame import FRAME_SECONDS, Frame
from auricle.capture.own_voice import OwnVoice, UnknownVoice
from auricle.capture.pre_roll import PreRoll
from auricle.turns.events import Heard, WakeWordHeard
from auricle.vad.voice_detector import VoiceDetector
from auricle.wake.detector import Detection, Refractory, WakeWordEngine

if TYPE_CHECKING:
    # It calculates, which costs memory: only who aims an array pays for it.
    from auricle.audio.beam import Beam

# Speech is judged against the sound of the last seconds. The longest pre-roll is in
# them, behind a wake word that was in doubt for a second.
ROOM_MEMORY = 3.0
_WORD = round(WORD / FRAME_SECONDS)
# Waking the event loop and writing to the recognizer's connection cost more than all
# that is done there. A voice that goes on ends nothing, so that its frames can go in
# threes. One that begins may be the rest of a command whose transcript is on its way.
TOGETHER = 3
# While idle, orders and the look at the microphone's health can wait for so many.
IDLE_TOGETHER = 5


class Attention:
    """Takes every frame; hands on a wake word, and what is said behind it.

    A wake word comes with its pre-roll, and every frame after it follows, none missing
    and none twice, until the listener has had enough. Wake words are heard all along.
    Frames of a voice that goes on are handed on in threes; its first one at once, and
    one without a voice as well, with those before it.
    """

    def __init__(
        self,
        engines: Sequence[WakeWordEngine],
        activity: VoiceDetector,
        *,
        pre_roll: float,
        refractory: float,
        own_voice: Callable[[], OwnVoice] = UnknownVoice,
        beam: "Beam | None" = None,
    ) -> None:
        """Listen with `engines`; `activity` tells speech from all else while somebody
        listens.

        A wake word comes with what was said behind it, and `pre_roll` seconds of sound
        before that. For `refractory` seconds behind it no other one counts. `own_voice`
        is called when something is said for the first time, for it costs memory. `beam`
        is aimed at who said a wake word, and hears the turn.
        """
        self._beam = beam
        self._engines = engines
        self._activity = activity
        self._pre_roll = PreRoll(pre_roll, memory=ROOM_MEMORY)
        self._refractory = Refractory(refractory)
        self._echo = EchoHold()
        self._make_own_voice = own_voice
        self._own_voice: OwnVoice | None = None
        self._unknown_voice = UnknownVoice()
        self._speaking: OwnVoice | None = None
        """The known one, while we say what is known or are still heard."""
        self._lowered: list[tuple[WakeWordEngine, str, float]] = []
        """Thresholds that are lower while we speak, as they are otherwise."""
        self._wake_words: Collection[str] | None = None
        self._on = False
        self._latest_detection: Detection | None = None
        self._unlearned: tuple[tuple[Frame, ...], bool] | None = None
        self._held: list[Heard] = []
        self._voice = False

    @property
    def batch(self) -> int:
        """How many of the next frames may be waited for together; at least 1.

        Nobody is kept waiting by it: of these frames only the last can complete a wake
        word, and those of a voice that goes on would be handed on together anyway.
        """
        if self._echo.holding or (self._on and not self._voice):
            return 1
        together = TOGETHER - len(self._held) if self._on else IDLE_TOGETHER
        soonest = (engine.soonest for engine in self._engines)
        return min([together, *(frames for frames in soonest if frames is not None)])

    @property
    def scores(self) -> Mapping[str, float]:
        """The latest score of each wake word, 0 to 1; readable from any thread."""
        return {
            wake_word: score
            for engine in self._engines
            for wake_word, score in engine.scores.items()
        }

    def hear(self, frame: Frame) -> list[Heard | WakeWordHeard]:
        """Take the next frame; return what is to be handed on."""
        if self._beam is not None:
            frame = self._beam.hear(frame)
        if self._speaking is None:
            return self._attend(frame)
        handed_on = self._attend_all(self._speaking.push(frame))
        if not self._speaking.active:
            self._be_silent()
        return handed_on

    def expect(self, sound: OwnSound) -> list[Heard | WakeWordHeard]:
        """Keep a sound of ours, about to be played, out of all that is handed on.

        What is heard meanwhile waits until it is over; what waited already is returned.
        """
        return self._hand_on(self._echo.begin(sound))

    def played(self) -> None:
        """Note that the sound that was expected is over, but for its echo."""
        self._echo.end()

    def speaking(self, pcm: bytes | None) -> list[Heard | WakeWordHeard]:
        """Keep the next stretch of what we say, 16 kHz mono s16le, out of all that is
        heard; return what waited for the end of what we said before. None where nobody
        knows what we say: any wake word may be in it.
        """
        if pcm is None:
            return self._speak_unknown()
        if self._own_voice is None:
            self._own_voice = self._make_own_voice()
            if self._wake_words is not None:
                self._own_voice.listen_for(self._wake_words)
        if self._speaking is None:
            # Of what nobody knew an echo may be left, which is still waited for.
            self._speaking = self._own_voice
            self._lower_thresholds(self._speaking.sure_enough)
        return self._attend_all(self._speaking.say(pcm))

    def _speak_unknown(self) -> list[Heard | WakeWordHeard]:
        let_go: list[Heard | WakeWordHeard] = []
        if self._speaking is not None:
            let_go = self._attend_all(self._speaking.say(b""))
            self._speaking.reset()
            self._be_silent()
        self._unknown_voice.say(b"")
        return let_go

    def spoken(self) -> None:
        """Note that we are silent from now on; the echo is waited for."""
        self._unknown_voice.end()
        if self._speaking is not None:
            self._speaking.end()

    def switch(self, *, on: bool, after: Detection | None) -> None:
        """Hand on every frame from the next one on, or no more.

        `after` is the latest detection that the listener knows of. Where there is a
        newer one, on its way still, its turn needs the frames, and `on=False` is void.
        """
        if on:
            self._turn_on(woken=False)
        elif after is self._latest_detection:
            self._turn_off()

    def listen_for(self, wake_words: Collection[str]) -> None:
        """Detect only these wake words from now on."""
        self._wake_words = wake_words
        for engine in self._engines:
            engine.listen_for(wake_words)
        if self._own_voice is not None:
            self._own_voice.listen_for(wake_words)

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        """Change how sure the engine must be of this wake word."""
        for engine in self._engines:
            engine.set_threshold(wake_word, threshold)
        if self._speaking is not None:
            self._lowered = [row for row in self._lowered if row[1] != wake_word]
            self._lower_thresholds(self._speaking.sure_enough)

    def reset(self) -> None:
        """Forget all sound and turn off, as when sample positions begin anew."""
        self._turn_off()
        if self._beam is not None:
            self._beam.reset()
        if self._speaking is not None:
            self._speaking.reset()
            self._be_silent()
        self._unknown_voice.reset()
        self._echo.release()
        self._pre_roll.clear()
        self._refractory.reset()
        for engine in self._engines:
            engine.reset()

    def _attend_all(self, frames: list[Frame]) -> list[Heard | WakeWordHeard]:
        return [event for frame in frames for event in self._attend(frame)]

    def _attend(self, frame: Frame) -> list[Heard | WakeWordHeard]:
        handed_on = self._hand_on(self._echo.push(frame))
        detection = self._detect(frame)
        # Its echo is in the frames as they come here: some have waited.
        self._unknown_voice.push(frame)
        if detection is not None:
            handed_on += self._hand_on(self._echo.release())
            handed_on += self._release()
            if self._beam is not None:
                self._beam.aim(detection.word_end)
            self._latest_detection = detection
            self._turn_on(woken=True)
            handed_on.append(self._woken(detection))
        return handed_on

    def _woken(self, detection: Detection) -> WakeWordHeard:
        memory = self._pre_roll.memory()
        return WakeWordHeard(
            detection,
            self._begun(detection),
            level=word_level(memory),
            word=memory[-_WORD:],
        )

    def _begun(self, detection: Detection) -> tuple[Frame, ...]:
        if self._beam is None or self._speaking is not None:
            # What was taken out of it would come back.
            return self._pre_roll.behind(detection.word_end)
        return self._pre_roll.behind(detection.word_end, self._beam.again)

    def _hand_on(self, frames: list[Frame]) -> list[Heard | WakeWordHeard]:
        handed_on: list[Heard | WakeWordHeard] = []
        for frame in frames:
            self._pre_roll.push(frame)
            if self._on:
                self._learn()
                heard = Heard(frame, self._activity.is_speech(frame))
                self._held.append(heard)
                goes_on, self._voice = self._voice and heard.speech, heard.speech
                if not goes_on or len(self._held) == TOGETHER:
                    handed_on += self._release()
        return handed_on

    def _release(self) -> list[Heard]:
        held, self._held = self._held, []
        return held

    def _detect(self, frame: Frame) -> Detection | None:
        surest: Detection | None = None
        for engine in self._engines:
            detection = engine.detect(frame)
            if detection is None or self._may_have_said(detection):
                continue
            if surest is None or detection.score > surest.score:
                surest = detection
        if surest is not None and self._refractory.admits(surest):
            return surest
        return None

    def _may_have_said(self, detection: Detection) -> bool:
        if self._unknown_voice.active:
            return True
        return self._speaking is not None and self._speaking.said(detection)

    def _lower_thresholds(self, sure_enough: float) -> None:
        self._lowered += [
            (engine, wake_word, threshold)
            for engine in self._engines
            for wake_word, threshold in engine.thresholds.items()
            if threshold > sure_enough
        ]
        for engine, wake_word, _ in self._lowered:
            engine.set_threshold(wake_word, sure_enough)

    def _be_silent(self) -> None:
        self._speaking = None
        for engine, wake_word, threshold in self._lowered:
            engine.set_threshold(wake_word, threshold)
        self._lowered.clear()

    def _turn_on(self, *, woken: bool) -> None:
        if self._on:
            return
        self._on = True
        # While idle the voice detector costs nothing. Now it has to learn the room,
        # which takes a moment that the wake word is not kept waiting for.
        self._unlearned = self._pre_roll.memory(), woken

    def _turn_off(self) -> None:
        self._on = self._voice = False
        self._held.clear()
        if self._beam is not None:
            self._beam.let_go()

    def _learn(self) -> None:
        if self._unlearned is not None:
            memory, woken = self._unlearned
            self._unlearned = None
            self._activity.attune(memory, woken=woken)
