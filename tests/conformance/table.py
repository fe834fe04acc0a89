"""Each event and rule of the protocol, and the tests that cover it.

    PYTHONPATH=tests python -m conformance.table

prints the table; README.md of this folder keeps it.
"""

import sys
from dataclasses import dataclass

SDK = "conformance/test_sdk.py"
RAW = "conformance/test_raw_clients.py"
SESSION = "unit/recognizer/test_session.py"
VALIDATION = "unit/qwen_asr/test_validation.py"
ENCODING = "unit/qwen_asr/test_encoding.py"
CODECS = "unit/recognizer/test_codecs.py"
SEGMENTER = "unit/recognizer/test_segmenter.py"
INTERIM = "unit/recognizer/test_interim.py"
ADMISSION = "unit/recognizer/test_admission.py"
SERVER = "integration/recognizer/test_server.py"
GOING_ON = "unit/turns/test_going_on.py"
WORDING = "unit/qwen_asr/test_wording.py"
ASR_DIALECTS = "integration/asr/test_dialects.py"
ASR_FAILURES = "integration/asr/test_failures.py"
ASR_LEAVE = "integration/asr/test_leave.py"
ASR_REPLAY = "integration/asr/test_replay.py"
INFERENCE = "integration/recognizer/test_inference.py"
WHISPER = "integration/recognizer/engines/test_whisper.py"
PROTOCOL = "unit/qwen_asr_client/test_protocol.py"
SATELLITE = "unit/turns/test_satellite.py"

HABITS = (ASR_DIALECTS, "test_a_server_with_habits_of_its_own_is_understood")
FAILURES = (ASR_FAILURES, "test_a_failure_says_why_and_whether_to_try_again")
CLOSING = (ASR_LEAVE, "test_a_closed_session_leaves_nothing_behind")


@dataclass(frozen=True, slots=True)
class Row:
    rule: str
    tests: tuple[tuple[str, str], ...]
    """File below tests/, and name."""


def row(rule: str, *tests: tuple[str, str]) -> Row:
    return Row(rule, tests)


TABLE: dict[str, tuple[Row, ...]] = {
    "Connection": (
        row(
            "`Authorization: Bearer` and `bearer` are the same",
            (ADMISSION, "test_a_key_opens_however_the_scheme_is_written"),
        ),
        row(
            "a missing or wrong key is refused in the handshake",
            (ADMISSION, "test_anything_else_does_not"),
            (SERVER, "test_a_wrong_key_is_refused_in_the_services_shape"),
            (SDK, "test_a_wrong_key_does_not_get_in"),
        ),
        row(
            "the path is the service's, the model is in the query",
            (ADMISSION, "test_path_and_model_must_be_named"),
            (ADMISSION, "test_the_model_is_named_in_the_query"),
        ),
        row(
            "`OpenAI-Beta` and other headers change nothing",
            (RAW, "test_the_documented_program_gets_its_transcript"),
        ),
        row(
            "one session too many is refused with the rate limit's error",
            (
                ADMISSION,
                "test_whom_there_is_no_room_for_is_refused_as_the_service_does",
            ),
        ),
        row(
            "a message of more than 24 MiB closes the connection",
            (
                SERVER,
                "test_a_message_that_is_larger_than_any_append_closes_the_connection",
            ),
        ),
        row(
            "a failure of the server itself closes it with 1011",
            (SERVER, "test_a_mistake_of_ours_closes_that_session_only"),
        ),
        row(
            "a binary frame is an error, and the session goes on",
            (SERVER, "test_a_binary_frame_is_an_error_and_the_session_goes_on"),
        ),
        row(
            "60 s without audio end the connection",
            (SERVER, "test_a_silent_client_is_sent_away"),
            (SERVER, "test_a_client_that_waits_for_a_slow_engine_is_not"),
        ),
    ),
    "`session.update`": (
        row(
            "audio without any update is recognized with the defaults",
            (SESSION, "test_audio_without_any_update_is_recognized_with_the_defaults"),
            (SDK, "test_a_session_that_is_never_configured_is_recognized"),
        ),
        row(
            "it is answered by `session.updated` with what applies now",
            (SESSION, "test_an_update_is_answered_with_the_settings_that_apply_now"),
        ),
        row(
            "no `turn_detection` and null are different things",
            (VALIDATION, "test_no_turn_detection_and_null_are_different_things"),
        ),
        row(
            "what is left out stays as it was",
            (VALIDATION, "test_what_is_left_out_stays_as_it_was"),
            (SDK, "test_a_second_session_update_without_a_language_keeps_it"),
        ),
        row(
            "what the SDK adds (`voice`, `pcm16`, padding, model) is taken",
            (VALIDATION, "test_the_sdks_vad_session_is_taken"),
            (
                VALIDATION,
                "test_the_sdks_session_without_transcription_parameters_is_taken",
            ),
            (SDK, "test_a_session_without_transcription_parameters_is_recognized"),
        ),
        row(
            "27 languages",
            (VALIDATION, "test_each_documented_language_is_taken"),
        ),
        row(
            "one that the model does not know is refused by name",
            (
                VALIDATION,
                "test_a_language_that_is_not_known_here_is_told_from_those_that_are",
            ),
            (
                SESSION,
                "test_a_language_that_the_engine_does_not_know_is_refused_at_once",
            ),
            (
                SDK,
                "test_a_language_that_the_model_does_not_know_is_refused_by_name",
            ),
        ),
        row(
            "no language: it is detected; one given comes back with the results",
            (VALIDATION, "test_no_language_may_be_asked_of_whatever_model"),
            (SESSION, "test_what_the_engine_cannot_tell_is_what_was_asked_for"),
        ),
        row(
            "threshold -1 to 1, silence 200 to 6000 ms",
            (VALIDATION, "test_vad_parameters_are_taken_up_to_their_limits"),
            (VALIDATION, "test_what_is_out_of_range_is_refused_by_its_path"),
            (SDK, "test_a_value_out_of_range_is_refused_by_its_path"),
        ),
        row(
            "`modalities`, formats, rates, `corpus.text` of 10,000 tokens at most",
            (VALIDATION, "test_what_is_out_of_range_is_refused_by_its_path"),
        ),
        row(
            "keys in any order",
            (VALIDATION, "test_the_order_of_keys_is_of_no_matter"),
        ),
        row(
            "once more in the same session, the mode as well",
            (SESSION, "test_what_is_said_before_an_update_belongs_to_what_follows"),
            (SESSION, "test_changing_to_manual_mode_in_speech_ends_the_utterance"),
        ),
        row(
            "the mode changes with audio pending: that is completed, as asked for",
            (SESSION, "test_changing_the_mode_completes_what_was_not_committed"),
            (
                SESSION,
                "test_what_was_said_before_a_change_is_recognized_as_it_was_asked_for",
            ),
            (SDK, "test_a_change_of_mode_transcribes_what_was_not_committed"),
        ),
        row(
            "null is the default: a language that is detected; for the mode, manual",
            (VALIDATION, "test_null_goes_back_to_what_applies_by_default"),
            (SESSION, "test_null_goes_back_to_detecting_the_language"),
        ),
        row(
            "a refused field is an `error` and no `session.updated`; the others apply",
            (VALIDATION, "test_what_stands_beside_a_refused_field_applies"),
            (
                VALIDATION,
                "test_a_field_applies_or_is_refused_whatever_stands_beside_it",
            ),
            (SESSION, "test_a_refused_field_leaves_the_rest_of_the_update_standing"),
            (
                SESSION,
                "test_a_manual_client_whose_language_is_refused_commits_all_the_same",
            ),
            (
                SDK,
                "test_a_manual_client_whose_language_is_refused_is_transcribed_all_the_same",
            ),
        ),
        row(
            "what is no session at all changes nothing",
            (SESSION, "test_what_is_no_session_changes_nothing"),
        ),
        row(
            "`corpus.text` is counted in tokens; what a model leaves out is in the log",
            (
                VALIDATION,
                "test_a_text_of_many_characters_and_few_tokens_is_taken",
            ),
            (
                INFERENCE,
                "test_what_an_engine_does_not_heed_is_said_once_and_without_the_words",
            ),
            (WHISPER, "test_of_many_words_to_expect_it_says_how_many_it_heeds"),
        ),
        row(
            "`corpus.text` reaches the engine",
            (SERVER, "test_the_engine_hears_what_was_said_and_expected"),
            (SDK, "test_words_to_expect_are_expected"),
        ),
        row(
            "8 kHz is understood",
            (CODECS, "test_eight_kilohertz_become_sixteen"),
            (SDK, "test_eight_kilohertz_are_recognized"),
        ),
        row(
            "`opus` is one Ogg-Opus stream, cut anywhere",
            (CODECS, "test_an_ogg_opus_stream_is_decoded_however_it_is_cut"),
        ),
        row(
            "a format that cannot be decoded is refused",
            (SESSION, "test_a_format_that_cannot_be_decoded_is_refused"),
            (
                CODECS,
                "test_without_the_library_the_format_is_refused_with_the_remedy",
            ),
        ),
    ),
    "`input_audio_buffer.append`": (
        row(
            "is never acknowledged",
            (SESSION, "test_audio_is_never_acknowledged"),
        ),
        row(
            "before `session.updated`, and faster than it is spoken",
            (RAW, "test_the_documented_program_gets_its_transcript"),
            (SDK, "test_in_vad_mode_each_command_is_transcribed"),
        ),
        row(
            "in VAD mode without end, however fast",
            (SDK, "test_more_than_a_minute_in_vad_mode_is_transcribed_to_its_end"),
            (
                SERVER,
                "test_in_vad_mode_our_client_loses_nothing_however_long_it_goes_on",
            ),
            (
                SERVER,
                "test_a_client_that_is_not_read_for_a_while_is_not_taken_for_dead",
            ),
        ),
        row(
            "base64, strictly",
            (VALIDATION, "test_audio_is_decoded"),
            (VALIDATION, "test_what_is_not_base64_is_an_invalid_value_of_audio"),
        ),
        row(
            "up to 15 MiB are taken, more is an error",
            (VALIDATION, "test_fifteen_mebibytes_are_taken_and_more_are_not"),
            (SERVER, "test_an_append_of_fifteen_mebibytes_is_taken"),
            (
                SDK,
                "test_an_append_over_the_limit_is_an_error_and_the_session_goes_on",
            ),
        ),
        row(
            "as small as one likes",
            (SDK, "test_an_append_of_four_bytes_and_one_of_a_minute_are_taken"),
        ),
        row(
            "an odd byte waits for its other half",
            (SESSION, "test_an_odd_byte_waits_for_its_other_half"),
        ),
        row(
            "how the audio is cut makes no difference",
            (
                SESSION,
                "test_how_the_audio_is_cut_makes_no_difference_to_what_is_recognized",
            ),
            (SEGMENTER, "test_how_the_audio_is_split_changes_nothing"),
        ),
    ),
    "`input_audio_buffer.commit`": (
        row(
            "makes one utterance of all audio before it",
            (SESSION, "test_a_commit_makes_one_utterance_of_all_audio_before_it"),
            (SDK, "test_in_manual_mode_a_commit_is_an_utterance"),
        ),
        row(
            "one session takes many",
            (SESSION, "test_one_session_takes_many_commits"),
        ),
        row(
            "of nothing, and in VAD mode: the service's error",
            (SESSION, "test_nothing_to_commit_is_the_error_that_clients_know"),
            (SESSION, "test_a_commit_in_vad_mode_is_the_error_that_clients_know"),
            (SDK, "test_a_commit_of_nothing_is_the_services_error"),
        ),
        row(
            "60 s of audio at most",
            (SESSION, "test_beyond_a_minute_audio_is_refused_once_and_the_minute_kept"),
        ),
    ),
    "`session.finish`": (
        row(
            "in silence it is finished at once",
            (SESSION, "test_finishing_in_silence_is_finished_at_once"),
            (SDK, "test_ending_in_silence_is_finished_without_an_item"),
        ),
        row(
            "in speech it completes what was said",
            (SESSION, "test_finishing_in_speech_completes_it"),
            (SDK, "test_ending_in_the_middle_of_speech_transcribes_what_was_said"),
        ),
        row(
            "right behind a commit it loses nothing",
            (SESSION, "test_commit_and_finish_back_to_back_are_both_carried_out"),
            (SDK, "test_commit_and_end_back_to_back_lose_nothing"),
        ),
        row(
            "what was not committed is completed before it; silence is no item",
            (SESSION, "test_what_was_not_committed_is_completed_before_the_end"),
            (
                SESSION,
                "test_where_nobody_spoke_since_the_commit_the_end_has_no_item",
            ),
            (SDK, "test_what_was_not_committed_is_transcribed_before_the_end"),
            (SDK, "test_silence_that_was_not_committed_ends_without_an_item"),
        ),
        row(
            "afterwards nothing is taken or told",
            (SESSION, "test_after_the_end_nothing_is_taken_or_told"),
        ),
        row(
            "the client closes, or is closed after 10 s",
            (RAW, "test_the_documented_program_gets_its_transcript"),
            (SERVER, "test_a_client_that_does_not_close_when_all_is_said_is_closed"),
        ),
        row(
            "a client may also just close",
            (SDK, "test_a_client_that_only_closes_is_closed"),
        ),
    ),
    "Other client events": (
        row(
            "an unknown type is `invalid_value` of `type`",
            (VALIDATION, "test_an_unknown_type_is_an_invalid_value_of_type"),
        ),
        row(
            "an `event_id` is never required",
            (VALIDATION, "test_an_event_id_is_never_required"),
        ),
        row(
            "what is no message is an error, and the session goes on",
            (VALIDATION, "test_what_is_no_message_is_an_error"),
            (SESSION, "test_no_message_ends_the_session"),
        ),
    ),
    "Server events": (
        row(
            "`session.created`: at once, with the defaults",
            (
                SESSION,
                "test_the_session_is_created_at_once_with_the_services_defaults",
            ),
            (ENCODING, "test_a_session_is_described_as_the_service_does"),
        ),
        row(
            "`session.updated`: after an update, with the same id",
            (SDK, "test_in_vad_mode_each_command_is_transcribed"),
        ),
        row(
            "`…speech_started`, `…speech_stopped`: in milliseconds of audio",
            (SDK, "test_in_vad_mode_times_are_those_of_the_audio"),
            (SESSION, "test_times_go_on_after_a_change_of_mode"),
        ),
        row(
            "`…committed`, `conversation.item.created`: linked to the item before",
            (SESSION, "test_items_are_linked_to_the_ones_before"),
        ),
        row(
            "`….text`: a prefix that only grows, and a draft",
            (ENCODING, "test_an_interim_is_a_text_and_a_stash"),
            (INTERIM, "test_the_confirmed_prefix_only_grows"),
            (SDK, "test_interim_transcripts_come_while_somebody_speaks"),
        ),
        row(
            "`….completed`: transcript, language, emotion, usage",
            (ENCODING, "test_a_final_reads_as_the_service_writes_it"),
        ),
        row(
            "language and emotion are left out where nobody knows them",
            (
                SESSION,
                "test_what_nobody_knows_is_left_out_of_finals_and_interims",
            ),
            (
                SESSION,
                "test_of_what_was_no_speech_neither_language_nor_emotion_is_told",
            ),
            (SESSION, "test_an_emotion_of_one_item_is_not_told_of_the_next"),
            (SDK, "test_interim_transcripts_come_while_somebody_speaks"),
        ),
        row(
            "`….completed` with an empty transcript: what was no speech",
            (SESSION, "test_what_was_no_speech_is_completed_with_an_empty_transcript"),
            (
                SESSION,
                "test_a_commit_of_a_few_samples_is_empty_without_asking_the_engine",
            ),
        ),
        row(
            "`….failed`: that item; the session goes on",
            (SESSION, "test_an_item_that_fails_leaves_the_session_usable"),
            (SERVER, "test_an_engine_that_fails_costs_the_item_only"),
        ),
        row(
            "`session.finished`: once, and last, with all that was said",
            (SESSION, "test_the_end_waits_for_an_interim_under_way"),
            (SESSION, "test_the_end_carries_all_that_was_said"),
            (SDK, "test_the_end_carries_all_that_was_said"),
            (RAW, "test_the_documented_program_gets_its_transcript"),
        ),
        row(
            "`error`: type, code, message, param, and the client's `event_id`",
            (
                SDK,
                "test_an_append_over_the_limit_is_an_error_and_the_session_goes_on",
            ),
        ),
        row(
            "every event but a failure has an id of its own",
            (ENCODING, "test_every_message_but_a_failure_is_numbered"),
        ),
    ),
    "Order": (
        row(
            "the five rules that recorded sessions keep",
            (SESSION, "test_the_order_of_events_keeps_the_services_five_rules"),
            (SDK, "test_in_vad_mode_each_command_is_transcribed"),
            (SDK, "test_in_manual_mode_a_commit_is_an_utterance"),
        ),
        row(
            "items are completed in their order",
            (SESSION, "test_items_are_completed_in_their_order"),
        ),
        row(
            "an item that began ends; whatever is said is recognized, and once",
            (SESSION, "test_an_item_of_which_an_interim_was_told_ends"),
            (SESSION, "test_whatever_is_said_reaches_the_engine_once"),
        ),
    ),
    "Server VAD": (
        row(
            "`silence_duration_ms` of silence end a segment",
            (SEGMENTER, "test_a_segment_ends_after_the_silence_that_was_asked_for"),
            (SEGMENTER, "test_a_pause_shorter_than_the_silence_does_not_split"),
        ),
        row(
            "a lower `threshold` hears more",
            (SEGMENTER, "test_a_lower_threshold_hears_more_of_a_fainter_voice"),
        ),
        row(
            "a segment holds all of a command, its first sound too",
            (SEGMENTER, "test_a_command_is_one_segment_that_holds_all_of_it"),
        ),
        row(
            "a segment of more than a minute is cut",
            (SESSION, "test_an_utterance_of_more_than_a_minute_is_cut"),
        ),
    ),
    "What else a server may do, and a client must stand": (
        row("401 or 403 in the handshake", FAILURES),
        row("closing behind `session.created`", FAILURES),
        row("refusing `session.update`", FAILURES),
        row("an `error` in mid-stream", FAILURES),
        row("`….failed` for an item", FAILURES),
        row("closing with 1011", FAILURES),
        row("resetting the TCP connection", FAILURES),
        row("no `session.finished`, or one that is late", HABITS, CLOSING),
        row("closing instead of `session.finished`", HABITS, CLOSING),
        row("what is not JSON, and binary frames", HABITS),
        row("interim transcripts as `….delta`", HABITS),
        row("no `item_id`, nor other ids", HABITS),
        row(
            "no times",
            HABITS,
            (
                PROTOCOL,
                "test_a_server_that_tells_no_times_has_answered_nothing_for_certain",
            ),
            (
                SATELLITE,
                "test_a_server_that_does_not_tell_when_is_not_taken_to_hear_the_wake_phrase",
            ),
        ),
        row(
            "being lost in a long session: what has had its final is not said again",
            (ASR_REPLAY, "test_what_has_had_its_final_is_not_said_again"),
        ),
        row(
            "answering more slowly than it is spoken to",
            (SERVER, "test_our_client_uploads_no_faster_than_a_slow_engine_works"),
        ),
        row(
            "finals out of their order",
            (ASR_DIALECTS, "test_finals_that_overtake_each_other_are_delivered_both"),
        ),
        row("finals that come twice", HABITS),
        row(
            "empty transcripts, and such without a word",
            (ASR_DIALECTS, "test_noise_that_was_taken_for_speech_is_an_empty_final"),
            (GOING_ON, "test_a_transcript_without_a_word_swallows_no_command"),
        ),
        row(
            "the corpus as a transcript",
            (WORDING, "test_the_same_repeats_the_hints_where_nobody_spoke"),
            (GOING_ON, "test_hints_that_come_back_where_nobody_spoke_are_no_command"),
        ),
        row(
            "closing an idle session",
            (ASR_FAILURES, "test_a_server_that_ends_an_idle_session_is_an_outage"),
        ),
    ),
}


def markdown() -> str:
    lines = []
    for part, rows in TABLE.items():
        lines += [f"### {part}", "", "| rule | tests |", "|---|---|"]
        for each in rows:
            tests = "<br>".join(f"`{file}` {name}" for file, name in each.tests)
            lines.append(f"| {each.rule} | {tests} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(markdown())
