"""Recordings, as files or piped in: what opens them, and waits for what comes.

`recording` is a source of frames like a microphone; it reads stored sound with
`sound_file` and what is piped in with `raw_sound`, and each is what `sound` says. Where
in a file its sound is, decide `file_layout` and `flac_frames`, one folder up.
"""
