"""Wake words: the engines that hear them, and the models that they run.

`detector` says what an engine offers and reports. `microwakeword` and `openwakeword`
are the engines; `loaded_models`, `sliding_score`, `streaming_model` and `tflite` are
their parts.

Other packages use `Detection`, `Refractory`, `WakeWordEngine` and `WakeWordModel`
(`detector`), make `MicroWakeWordEngine` (`microwakeword`) or `OpenWakeWordEngine`
(`openwakeword`), and list the `BUNDLED` wake words (`microwakeword`).
"""
