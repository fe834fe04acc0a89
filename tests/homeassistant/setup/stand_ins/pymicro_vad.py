"""In place of a package that has no wheel for Home Assistant's Python.

It would serve a microphone of Home Assistant's own. Nobody speaks into one here, but
its pages do not open unless this can be imported.
"""


class MicroVad:
    pass
