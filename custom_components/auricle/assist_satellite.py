"""The satellite as Home Assistant's voice assistants know it.

Words come as text, over MQTT; they run the pipeline from there, and its answer goes
back as sound. What the satellite does is told by the satellite alone: this entity
follows it, and adds what Home Assistant does meanwhile.
"""

import asyncio
import inspect
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from homeassistant.components import conversation, intent, tts
from homeassistant.components.assist_pipeline import (
    AudioSettings,
    Pipeline,
    PipelineEvent,
    PipelineEventType,
    PipelineStage,
    async_get_pipeline,
)
from homeassistant.components.assist_pipeline.const import (
    DATA_LAST_WAKE_UP,
    WAKE_WORD_COOLDOWN,
)
from homeassistant.components.assist_pipeline.error import PipelineError
from homeassistant.components.assist_pipeline.pipeline import PipelineInput, PipelineRun
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
    AssistSatelliteWakeWord,
)
from homeassistant.components.assist_satellite.const import PREANNOUNCE_URL
from homeassistant.components.assist_satellite.entity import AssistSatelliteState
from homeassistant.components.intent import TimerEventType, TimerInfo
from homeassistant.const import MATCH_ALL, Platform
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import chat_session
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import language as language_util

from custom_components.auricle import executed, issues, media, tones, wire
from custom_components.auricle.const import CONF_DEVICE, DOMAIN
from custom_components.auricle.entity import AuricleEntity
from custom_components.auricle.link import AuricleConfigEntry, listen
from custom_components.auricle.sound import Sound

_LOGGER = logging.getLogger(__name__)

_TURNS_KEPT = 64
"""How many turns are remembered: a lost connection may deliver one twice."""
_SETTLED = 0.3
"""Seconds: the satellite says that it rests before it says what it heard."""
_LONGEST_RUN = 300.0
"""Seconds that an agent has for its answer."""
_LONGEST_ANSWER = 120.0
"""Seconds in which a question is answered, or was not."""
_TONE_RATE = 22_050
_WAKE_UPS = f"{DOMAIN}.wake_ups"

_STATES = {
    "listening": AssistSatelliteState.LISTENING,
    "processing": AssistSatelliteState.PROCESSING,
    "responding": AssistSatelliteState.RESPONDING,
}
# Why a sound was not played, in the words of the translations.
_REASONS = (
    "away",
    "format",
    "loudspeaker",
    "no_chunks",
    "order",
    "restarted",
    "silent",
    "too_long",
)
_NOBODY_TO_ASK = (
    "pipeline_not_found",
    "intent-not-supported",
    "intent-agent-not-found",
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: AuricleConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the one there is."""
    async_add_entities([AuricleSatellite(hass, entry)])


@dataclass(frozen=True, slots=True)
class _WakeUp:
    """The latest of ours by some words."""

    at: float
    satellite: str | None
    group: str | None


@dataclass
class _Answer:
    """What becomes of one transcript."""

    turn: str
    token: str | None = None
    acknowledges: bool = False
    continues: bool = False
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether it continues is known."""
    speaking: asyncio.Task[None] | None = None

    async def then(self) -> str:
        """Tell what the satellite is to do once it has spoken."""
        await self.decided.wait()
        return "listen" if self.continues else "idle"

    def break_off(self) -> None:
        """Say no more: the rest of it will not come."""
        if self.speaking is not None:
            self.speaking.cancel()


class AuricleSatellite(AuricleEntity, AssistSatelliteEntity):
    """One satellite in one room."""

    _attr_name = None

    def __init__(self, hass: HomeAssistant, entry: AuricleConfigEntry) -> None:
        self._entry = entry
        self._link = entry.runtime_data
        self._attr_unique_id = f"{entry.data[CONF_DEVICE]}-assist_satellite"
        self._turns: deque[str] = deque(maxlen=_TURNS_KEPT)
        self._woken: deque[str] = deque(maxlen=_TURNS_KEPT)
        self._question_heard = False
        # Home Assistant cancels what it keeps itself, in favor of an announcement.
        self._answering: asyncio.Task[None] | None = None
        self._speaking: set[asyncio.Task[None]] = set()
        self._resting: CALLBACK_TYPE | None = None
        self._timing: CALLBACK_TYPE | None = None
        self.join(hass, entry)

    async def async_added_to_hass(self) -> None:
        """Listen to the satellite."""
        await super().async_added_to_hass()
        link = self._link
        self.async_on_remove(listen(link.on_change, self._follow))
        self.async_on_remove(listen(link.on_wake, self._woke))
        self.async_on_remove(listen(link.on_utterance, self._heard))
        self._follow()

    async def async_will_remove_from_hass(self) -> None:
        """Let nothing go on."""
        if self._timing is not None:
            self._timing()
        if self._resting is not None:
            self._resting()
        tasks = [task for task in (self._answering, *self._speaking) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- what it is ---

    @property
    def available(self) -> bool:
        """Whether the satellite can be reached."""
        return self._link.available

    @property
    def supported_features(self) -> AssistSatelliteEntityFeature:
        """All, where it has a loudspeaker."""
        if not self._link.plays:
            return AssistSatelliteEntityFeature(0)
        return (
            AssistSatelliteEntityFeature.ANNOUNCE
            | AssistSatelliteEntityFeature.START_CONVERSATION
        )

    @property
    def pipeline_entity_id(self) -> str | None:
        """The select entity that says which pipeline is wanted."""
        entity = er.async_get(self.hass).async_get_entity_id(
            Platform.SELECT, DOMAIN, f"{self._entry.data[CONF_DEVICE]}-pipeline"
        )
        # A person may have disabled it.
        if entity is None or self.hass.states.get(entity) is None:
            return None
        return str(entity)

    @property
    def tts_options(self) -> dict[str, Any]:
        """What a voice is asked for."""
        # That alone needs no converter, where the voice speaks it anyway.
        return {tts.ATTR_PREFERRED_FORMAT: "wav"}

    @callback
    def async_get_configuration(self) -> AssistSatelliteConfiguration:
        """Tell which wake words there are."""
        satellite = self._link.satellite
        assert satellite is not None
        words = satellite.wake_words
        return AssistSatelliteConfiguration(
            available_wake_words=[
                AssistSatelliteWakeWord(word.id, word.phrase, list(word.languages))
                for word in words
            ],
            active_wake_words=[
                word.id
                for word in words
                if self._link.wake_word in (word.id, wire.ALL_WAKE_WORDS)
            ],
            max_active_wake_words=satellite.max_active_wake_words,
        )

    async def async_set_configuration(
        self, config: AssistSatelliteConfiguration
    ) -> None:
        """Choose the wake word."""
        chosen = next(iter(config.active_wake_words), wire.WAKE_WORD_OFF)
        await self._link.order("wake_word", chosen)

    # --- what it does ---

    @callback
    def _follow(self) -> None:
        """Show what the satellite is and does, as soon as it says so."""
        self._keep_time()
        self._miss_no_sound()
        if (state := _STATES.get(self._link.state or "")) is not None:
            self._show(state)
        else:
            if self._resting is not None:
                self._resting()
            self._resting = async_call_later(self.hass, _SETTLED, self._rest)
        self.async_write_ha_state()

    def _keep_time(self) -> None:
        """Take timers, as long as it has a loudspeaker to ring with."""
        satellite = self._link.satellite
        rings = satellite is not None and wire.TIMES in satellite.features
        if rings and self._timing is None and self.device_entry is not None:
            self._timing = intent.async_register_timer_handler(
                self.hass, self.device_entry.id, self._timer
            )
        elif not rings and self._timing is not None:
            self._timing()
            self._timing = None

    @callback
    def _miss_no_sound(self) -> None:
        """Take back what was wrong with sound, where none is played any more."""
        if not self._link.plays:
            issues.settle(self.hass, self._entry, *issues.OF_SOUND)

    @callback
    def _rest(self, now: datetime | None = None) -> None:
        """Show that nothing goes on, if that is so."""
        if now is not None:
            self._resting = None
        if (
            self._link.state not in _STATES
            and self._answering is None
            and not self._speaking
            and not self._is_announcing
        ):
            self._show(AssistSatelliteState.IDLE)

    @callback
    def _show(self, state: AssistSatelliteState) -> None:
        if self.state != state:
            self._set_state(state)

    @callback
    def _woke(self, wake: wire.Wake) -> None:
        if wake.turn in self._woken:
            return
        self._woken.append(wake.turn)
        satellite = self._link.satellite
        if satellite is None or wake.wake_word is None:
            return
        phrase = satellite.phrase(wake.wake_word)
        intercepting = self._wake_word_intercept_future
        if intercepting is not None and not intercepting.done():
            intercepting.set_result(phrase)
        elif not self._another_woke(phrase):
            return
        self._turns.append(wake.turn)
        # Nor does anything come of it from whoever stands in for this satellite.
        executed.first(self.hass, wake.turn)
        self._link.soon("listen", "CANCEL")

    def _another_woke(self, phrase: str | None) -> bool:
        """Whether another satellite has heard the same word just before, and they have
        not agreed who answers it.
        """
        last_wake_ups = self.hass.data[DATA_LAST_WAKE_UP]
        # Who woke last is remembered beyond a reload of this entry.
        ours: dict[str | None, _WakeUp] = self.hass.data.setdefault(_WAKE_UPS, {})
        now = time.monotonic()
        last = last_wake_ups.get(phrase)
        if last is not None and now - last < WAKE_WORD_COOLDOWN:
            who = ours.get(phrase)
            if who is None or who.at != last or not self._agreed_with(who):
                return True
        last_wake_ups[phrase] = now
        ours[phrase] = _WakeUp(now, self.unique_id, self._link.group)
        return False

    def _agreed_with(self, other: _WakeUp) -> bool:
        """Whether both are to be obeyed: satellites of one group have found out
        themselves that these are two people, or that one is gone.
        """
        if other.satellite == self.unique_id:
            return True
        return other.group is not None and other.group == self._link.group

    @callback
    def _heard(self, utterance: wire.Utterance) -> None:
        if utterance.turn in self._turns:
            return
        self._turns.append(utterance.turn)
        asking = self._ask_question_future
        if asking is not None and self._question_heard and not asking.done():
            if utterance.outcome == "yielded" and utterance.turn not in self._woken:
                # It only overheard what another one answers, and still asks.
                return
            answer = utterance.text or None
            if answer is not None and not executed.first(self.hass, *utterance.turns):
                answer = None
            asking.set_result(answer)
            return
        if utterance.outcome != "transcript":
            return
        if utterance.text is None:
            issues.tell(self.hass, self._entry, issues.NO_WORDS)
            return
        issues.settle(self.hass, self._entry, issues.NO_WORDS)
        if not utterance.text or not executed.first(self.hass, *utterance.turns):
            return
        before = self._answering
        self._answering = self._entry.async_create_background_task(
            self.hass, self._process(utterance, before), f"{self.entity_id} pipeline"
        )

    # --- from words to an answer ---

    async def _process(
        self, utterance: wire.Utterance, before: asyncio.Task[None] | None
    ) -> None:
        """Run the pipeline with what was said, instead of what was said before."""
        if before is not None:
            before.cancel()
            await asyncio.gather(before, return_exceptions=True)
        answer = _Answer(utterance.turn)
        try:
            async with asyncio.timeout(_LONGEST_RUN):
                await self._run(utterance, answer)
        except TimeoutError:
            answer.break_off()
            self._failed("timeout", f"no answer in {_LONGEST_RUN:.0f} s")
        except PipelineError as error:
            self._failed(error.code, error.message)
        except asyncio.CancelledError:
            answer.break_off()
            raise
        except Exception as error:
            # Its text is other people's, and may quote what was said.
            kind = type(error).__name__
            _LOGGER.error("%s: the pipeline failed: %s", self.entity_id, kind)
            _LOGGER.debug("%s: it failed here", self.entity_id, exc_info=True)
            answer.break_off()
            self._failed("unexpected", str(error))
        finally:
            answer.decided.set()
            if self._answering is asyncio.current_task():
                self._answering = None
            self._rest()
        if answer.continues and answer.speaking is None:
            # There is nothing to play behind which it could listen.
            self._link.soon("listen", "START")

    async def _run(self, utterance: wire.Utterance, answer: _Answer) -> None:
        pipeline = async_get_pipeline(self.hass, self._resolve_pipeline())
        pipeline = self._in_language(pipeline, utterance.language)
        wishes = (self._extra_system_prompt, utterance.mood)
        self._extra_system_prompt = None
        context = Context()
        self.async_set_context(context)
        with _session(self.hass, self._conversation_id) as session:
            self._conversation_id = session.conversation_id

            def prepared(end: PipelineStage) -> PipelineInput:
                return PipelineInput(
                    run=PipelineRun(
                        self.hass,
                        context=context,
                        pipeline=pipeline,
                        start_stage=PipelineStage.INTENT,
                        end_stage=end,
                        event_callback=partial(self._on_event, answer),
                        tts_audio_output=self.tts_options,
                        # The words are here: nobody's voice is waited for.
                        audio_settings=AudioSettings(is_vad_enabled=False),
                    ),
                    session=session,
                    intent_input=utterance.text,
                    device_id=None
                    if self.device_entry is None
                    else self.device_entry.id,
                    satellite_id=self.entity_id,
                    conversation_extra_system_prompt="\n".join(filter(None, wishes))
                    or None,
                )

            speaks = self._link.plays and pipeline.tts_engine is not None
            whole = prepared(PipelineStage.TTS if speaks else PipelineStage.INTENT)
            try:
                await whole.validate()
            except PipelineError as error:
                if not _is_about_speech(error.code):
                    raise
                # A command is carried out even where its answer cannot be spoken.
                speaks = False
                whole = prepared(PipelineStage.INTENT)
                await whole.validate()
            await whole.execute()
        if self._link.plays and not speaks:
            self._failed("tts-not-supported", pipeline.name)

    def _in_language(self, pipeline: Pipeline, language: str | None) -> Pipeline:
        """The pipeline for words in another language than its own, if it has it."""
        if language is None:
            return pipeline
        agent = pipeline.conversation_engine
        try:
            known = conversation.async_get_conversation_languages(self.hass, agent)
        except ValueError:
            return pipeline  # there is no such agent, as its run will tell
        own = pipeline.conversation_language
        if own == MATCH_ALL:
            own = pipeline.language
        if _base(own) == _base(language):
            return pipeline
        country = self.hass.config.country
        wanted = language
        if known != MATCH_ALL:
            found = language_util.matches(language, known, country)
            if not found:
                return pipeline
            wanted = found[0]
        pipeline = replace(pipeline, conversation_language=wanted)
        engine = tts.get_engine_instance(self.hass, pipeline.tts_engine or "")
        if engine is None:
            return pipeline
        spoken = language_util.matches(language, engine.supported_languages, country)
        if spoken:
            voices = engine.async_get_supported_voices(spoken[0])
            voice = voices[0].voice_id if voices else None
            pipeline = replace(pipeline, tts_language=spoken[0], tts_voice=voice)
        return pipeline

    @callback
    def on_pipeline_event(self, event: PipelineEvent) -> None:
        """Nothing: each run tells its own answer."""

    @callback
    def _on_event(self, answer: _Answer, event: PipelineEvent) -> None:
        _LOGGER.debug("%s: %s of turn %s", self.entity_id, event.type, answer.turn)
        data = event.data or {}
        match event.type:
            case PipelineEventType.RUN_START:
                answer.token = data.get("tts_output", {}).get("token")
            case PipelineEventType.INTENT_START:
                self._show(AssistSatelliteState.PROCESSING)
            case PipelineEventType.INTENT_PROGRESS if data.get("tts_start_streaming"):
                self._speak(answer)
            case PipelineEventType.INTENT_END:
                output = data["intent_output"]
                answer.continues = output.get("continue_conversation", False)
                answer.decided.set()
                issues.settle(
                    self.hass, self._entry, issues.NO_PIPELINE, issues.PIPELINE_FAILED
                )
            case PipelineEventType.TTS_START:
                answer.acknowledges = data.get("acknowledge_override", False)
                issues.settle(self.hass, self._entry, issues.NO_TEXT_TO_SPEECH)
            case PipelineEventType.TTS_END:
                self._speak(answer)
            case PipelineEventType.ERROR:
                answer.break_off()
                self._failed(data["code"], data["message"])

    @callback
    def _failed(self, code: str, reason: str) -> None:
        """Say it in Home Assistant, and in the room."""
        if code in _NOBODY_TO_ASK:
            issue = issues.NO_PIPELINE
        elif _is_about_speech(code):
            issue = issues.NO_TEXT_TO_SPEECH
        else:
            issue = issues.PIPELINE_FAILED
        issues.tell(self.hass, self._entry, issue, reason)
        self._link.tell_error(issue)

    # --- the answer ---

    @callback
    def _speak(self, answer: _Answer) -> None:
        if answer.speaking is not None or answer.token is None:
            return
        if answer.acknowledges:
            pcm = tones.done(_TONE_RATE)
            kind, source = "acknowledge", media.tone(pcm, _TONE_RATE)
        else:
            stream = tts.async_get_stream(self.hass, answer.token)
            if stream is None:
                return
            kind, source = "answer", stream.async_stream_result()
        answer.speaking = self._entry.async_create_background_task(
            self.hass,
            self._play_answer(answer, kind, media.as_wav(self.hass, source)),
            f"{self.entity_id} answer",
        )
        self._speaking.add(answer.speaking)

    async def _play_answer(
        self, answer: _Answer, kind: str, source: AsyncGenerator[bytes]
    ) -> None:
        sound = Sound(self._link, kind, source, then=answer.then, turn=answer.turn)
        try:
            end = await sound.play()
            if end.state == "failed":
                self._not_played(end.reason)
            else:
                issues.settle(
                    self.hass, self._entry, issues.NO_SOUND, issues.NOT_PLAYED
                )
        except HomeAssistantError as error:
            _LOGGER.debug("%s: no answer", self.entity_id, exc_info=True)
            issues.tell(self.hass, self._entry, issues.NO_SOUND, str(error))
            self._link.tell_error(issues.NO_SOUND)
        finally:
            self._speaking.difference_update({asyncio.current_task()})
            self._rest()

    @callback
    def _not_played(self, reason: str | None) -> None:
        issues.tell(self.hass, self._entry, issues.NOT_PLAYED, reason or "")
        if reason not in ("away", "loudspeaker"):
            self._link.tell_error(issues.NOT_PLAYED)

    # --- what Home Assistant says by itself ---

    async def async_announce(self, announcement: AssistSatelliteAnnouncement) -> None:
        """Play it, to its end."""
        await self._announce(announcement, "idle")

    async def async_start_conversation(
        self, start_announcement: AssistSatelliteAnnouncement
    ) -> None:
        """Play it, to its end, and let the satellite listen."""
        self._question_heard = False
        end = await self._announce(start_announcement, "listen")
        asking = self._ask_question_future
        if asking is None:
            return
        self._question_heard = True

        @callback
        def nobody_answers(_now: datetime | None = None) -> None:
            if not asking.done():
                asking.set_result(None)

        if end.state == "finished" or end.reason in ("wake", "listen"):
            # Whoever interrupts a question may answer it.
            async_call_later(self.hass, _LONGEST_ANSWER, nobody_answers)
        else:
            nobody_answers()

    async def _announce(
        self, announcement: AssistSatelliteAnnouncement, then: str
    ) -> wire.Report:
        bell = announcement.preannounce_media_id
        if bell is not None and PREANNOUNCE_URL not in bell:
            end = await self._play(media.fetched(self.hass, bell), "idle")
            if end.state == "cancelled":
                return end
            bell = None
        stream = None
        if announcement.tts_token is not None:
            stream = tts.async_get_stream(self.hass, announcement.tts_token)
        if stream is not None:
            source = stream.async_stream_result()
        else:
            source = media.fetched(self.hass, announcement.media_id)
        return await self._play(source, then, bell=bell is not None)

    async def _play(
        self, source: AsyncGenerator[bytes], then: str, *, bell: bool = False
    ) -> wire.Report:
        """Play it to its end. Raises HomeAssistantError where it was not played."""
        if not self._link.plays:
            # Home Assistant asks questions whatever the entity says that it can do.
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="no_loudspeaker",
                translation_placeholders={"name": self._entry.title},
            )

        async def decided() -> str:
            return then

        sound = Sound(
            self._link,
            "announcement",
            media.as_wav(self.hass, source),
            prelude=(lambda known: tones.bell(known.rate, known.channels))
            if bell
            else None,
            then=decided,
        )
        try:
            end = await sound.play()
        except HomeAssistantError as error:
            self._link.tell_error(issues.NO_SOUND)
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="no_sound",
                translation_placeholders={
                    "name": self._entry.title,
                    "reason": str(error),
                },
            ) from error
        if end.state == "failed":
            reason = end.reason if end.reason in _REASONS else "other"
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=f"not_played_{reason}",
                translation_placeholders={
                    "name": self._entry.title,
                    "reason": end.reason or "",
                },
            )
        return end

    # --- timers ---

    @callback
    def _timer(self, event: TimerEventType, timer: TimerInfo) -> None:
        if event is TimerEventType.FINISHED:
            if self._link.available:
                issues.settle(self.hass, self._entry, issues.TIMER_MISSED)
            else:
                which = timer.name or str(timedelta(seconds=timer.created_seconds))
                issues.tell(self.hass, self._entry, issues.TIMER_MISSED, which)
        told = {
            "event": event.value,
            "id": timer.id,
            "name": timer.name,
            "seconds": timer.created_seconds,
            "seconds_left": timer.seconds_left,
            "active": timer.is_active,
        }
        self._link.soon("timer", wire.sound_message(told))


def _session(hass: HomeAssistant, conversation_id: str | None) -> Any:
    """The conversation so far, or a new one where that is over."""
    # Since 2026.8 it has an owner; a satellite is nobody's.
    known = inspect.signature(chat_session.async_get_chat_session).parameters
    owner = {"context": None} if "context" in known else {}
    return chat_session.async_get_chat_session(hass, conversation_id, **owner)


def _is_about_speech(code: str) -> bool:
    return code.startswith("tts")


def _base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()
