"""Sound: its unit, what can be calculated of it, and where it comes from and goes to.

What stands here decides, and neither opens nor waits for anything: `frame`, `level`,
`samples`, `mixing`, `resampler`, `conversion`, `capture_device`, `source`,
`source_health`, `delivery`, `playing`, `pacing`, `rendering`, `feedback`,
`file_layout`, `flac_frames`; and our own sounds in what is heard: `echo` and
`known_sound` for cues, `echo_canceller` with `arrival`, `lateness` and `speexdsp` for
all else. What waits has a folder: `devices` for the microphone and the loudspeaker,
`files` for recordings.

Other packages hear through `AudioSource` (`source`), which `Microphone`
(`devices.microphone`) and `RecordingSource` (`files.recording`) are; they get `Frame`
(`frame`) from it, and ask `power` and `dbfs` (`level`) how loud it is.
"""
