"""Wake words: the engines that hear them, and the models that they run.

`detector` says what an engine offers and reports. `microwakeword` and `openwakeword`
are the engines; `loaded_models`, `sliding_score`, `streaming_model` and `tflite` are
their parts. `careful_model` looks again where a word was nearly heard, as `second_look`
decides: it reads `feature_bytes` changed a little, and asks a `second_opinion`.
`description` reads what describes a model.

Other packages use `Detection`, `Refractory`, `WakeWordEngine` and `WakeWordModel`
(`detector`), make `MicroWakeWordEngine` (`microwakeword`) or `OpenWakeWordEngine`
(`openwakeword`), and list the `BUNDLED` wake words (`microwakeword`).
"""
