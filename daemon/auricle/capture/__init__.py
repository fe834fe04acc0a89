"""The capture thread: it reads the microphone and hands on what concerns somebody.

`hearing` is the thread, and `hearing_state` what it is doing; `wishes` is what the
event loop wants of it; `attention` decides what of the sound is handed on, with the
`pre_roll` of a wake word; `capture_clock` tells when the sound was made. `attention`,
`pre_roll`, `capture_clock` and `hearing_state` only calculate, which pyproject.toml
holds them to.

Other packages use `Hearing` (`hearing`), `HearingState` and `in_words`
(`hearing_state`), `CaptureClock` (`capture_clock`), and `Attention` (`attention`) to
hear with.
"""
