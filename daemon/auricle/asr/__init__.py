"""The client of a recognizer: what is said goes out, what was recognized comes in.

How its parts work together:

* `client` is what the satellite has: it opens a turn, and closes all of them.
* `turn_recognition` is one turn's: it keeps the audio until it is answered
  (`unanswered`), waits for finals, and replays on a fresh session what was lost.
* `session` is one session of the library `qwen_asr_client`, which does the talking; it
  takes our sample rate, and verifies by `trust`.
* `failures` says what the end of a session means for a turn, and `health` how the
  recognizer fares.

`failures` and `unanswered` are pure: they neither wait nor touch the outside. Others
import AsrClient from `client`; Timeouts and Resampler from `session`; TurnRecognition
and Deliver from `turn_recognition`; and `auricle doctor`, to visit a recognizer without
a turn, tls_context from `trust` and meaning from `failures`.
"""
