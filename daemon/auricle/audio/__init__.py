"""Sound: its unit, where it comes from, what it says of its source, and sound out.

Modules that only calculate, which pyproject.toml holds them to: `frame`, `level`,
`samples`, `mixing`, `resampler`, `conversion`, `device`, `source`, `source_health`,
`echo`, `known_sound`, `file_layout`, `flac_frames`. Modules that wait for a device, a
file or a process: `microphone` on `portaudio` and `sound_libraries`; `recording` on
`sound_file` and `raw_sound`; `feedback` on `playback`.

Other packages hear through `AudioSource` (`source`), which `Microphone` (`microphone`)
and `RecordingSource` (`recording`) are; they get `Frame` (`frame`) from it, and ask
`power` and `dbfs` (`level`) how loud it is. `portaudio` concerns nobody but
`Microphone` and `auricle devices`.
"""
