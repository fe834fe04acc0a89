"""The capture thread: it reads the microphone and hands on what concerns somebody.

`hearing` is the thread, and `hearing_state` what it is doing; `wishes` is what the
event loop wants of it; `attention` decides what of the sound is handed on, with the
`pre_roll` of a wake word; `own_voice` says what becomes of it while we speak, and
`known_voice` takes our voice out of it; `capture_clock` tells when the sound was made.
All but `hearing` and `wishes` only calculate, which pyproject.toml holds them to.

Other packages use `Hearing` (`hearing`), `HearingState` and `in_words`
(`hearing_state`), `CaptureClock` (`capture_clock`), and `Attention` (`attention`) with
an `OwnVoice` (`own_voice`, `known_voice`) to hear with.
"""
