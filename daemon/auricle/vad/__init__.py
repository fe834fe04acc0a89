"""Voice activity: whether a frame is speech, and whether it is the speaker's.

`voice_detector` says what a detector does, `detectors` chooses between `silero` and
`webrtc`; `speaker_gate` and `energy_gate` know how loud speaker and room are, and
`unannounced` does without knowing; `leveler` makes soft sound loud enough for all of
them. When an utterance is over is decided in `turns`.

Other packages use `VoiceDetector` (`voice_detector`), `VoiceDetectorName`,
`make_voice_detector` and `make_unannounced_detector` (`detectors`),
`WebrtcVoiceDetector` (`webrtc`) and
`SileroVoiceDetector` (`silero`) where it has to be that one, and `EnergyGate`
(`energy_gate`), which measures a room's noise.
"""
