"""The speech models, each runtime behind the one module that imports it.

`engine` says what a model is to the recognizer, `loading` loads one by its name:

* `whisper` and `moonshine` run the models that are packaged, whose files `weights`
  finds and verifies; `by_language` chooses among them.
* A folder of the user's own is looked into by `model_folder`: `onnx_metadata` and
  `token_file` read its files, `model_kind` tells what they are. Then `trial` tries it
  in another process (`trial_process`), and only then `sherpa` runs it here.
  `qwen3_prompt` and `whisper_languages` are what those models are told, and how.

`sound` is what a model hears of an utterance, `voice` whether somebody speaks in it,
`plausible` whether anybody may have said what it wrote. Others import Engine from
`engine`, load_engine and require_model from `loading`, and the engines themselves to
measure them.
"""
