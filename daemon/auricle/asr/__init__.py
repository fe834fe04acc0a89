"""The client of a recognizer: what is said goes out, what was recognized comes in.

How its parts work together:

* `client` is what the satellite has: it opens a turn, and closes all of them.
* `turn_recognition` is one turn's: it keeps the audio until it is answered
  (`unanswered`), waits for finals, and replays on a fresh session what was lost.
* `session` is one session on one `connection`, perhaps through a `proxy`. What is sent
  when, and what an answer means, decides `protocol`, with the utterances in `items`.
* `failures` says what a refusal, an error or a close means for a turn, and `health` how
  the recognizer fares.

`failures`, `items`, `protocol` and `unanswered` are pure: they neither wait nor touch
the outside. Others import AsrClient from `client`; Timeouts, Resampler and Traffic from
`session`; TurnRecognition and Deliver from `turn_recognition`; and `auricle doctor`, to
visit a recognizer without a turn, Connection and tls_context from `connection`,
error_event from `failures` and proxy_for from `proxy`.
"""
