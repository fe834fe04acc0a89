"""A recognizer for the house: it speaks the protocol of `qwen_asr` as its server does.

It is the optional extra `recognizer`. How its parts work together:

* `server` takes connections and has `admission` check who asks, no more often than
  `guesses` allows; for each client it runs a `conversation`, which carries messages
  between the connection, the session and the engine.
* `session` decides what is answered. Its audio goes through `intake`, which decodes it
  (`codecs`, with `ogg`) and cuts it into utterances, where the `segmenter` hears them;
  `transcriptions` says which of them is recognized next, `interim` how the words grow.
* `inference` has one engine recognize for all sessions; the models are in `engines`.
  `workload` says whose turn it is, and for whom there is no time, by measured speed.
  `hints` tells an engine where words to expect may have been said, and how much the
  sound must speak for it.

All but `server`, `conversation`, `inference` and `engines` neither wait nor touch the
outside. Others import load_engine and require_model from `engines.loading`,
VadSegmenter from `segmenter`, and RecognizerServer and ServerSettings from `server`.
"""
