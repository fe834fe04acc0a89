"""The microphone and the loudspeaker: what opens a device, a process or a thread.

`microphone` stands on `portaudio`, and that on `sound_libraries`; `player`, the
loudspeaker, on `aplay`. `portaudio` concerns nobody else but `auricle devices`.
"""
