"""The speech models, each behind the one module that imports its library.

`engine` says what a model is to the recognizer, `loading` loads one by its name:
`whisper` or `moonshine`, whose files `weights` finds and verifies. `sound` is what a
model hears of an utterance, `plausible` whether anybody may have said what it wrote.
Others import Engine from `engine`, load_engine from `loading`, require_model from
`weights`, and the engines themselves to measure them.
"""
