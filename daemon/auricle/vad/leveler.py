"""Quiet sound, made loud enough for those who tell voices from all else.

Voice detectors learned from sound of the usual level, and take a voice that is much
softer for none, however far it stands out from the noise. A microphone may be set low,
and people are in the next room. Wake word engines do without: they compare each band
with what it has been of late.
"""

import math
from array import array
from collections.abc import Sequence

from auricle.audio.frame import FRAME_SECONDS, Frame
from auricle.audio.level import FULL_SCALE, power

# The loudest of a voice at its usual level, which is 6 dB fainter on average. Chosen on
# commands in half of some simulated houses, and confirmed on the other half.
LOUD_ENOUGH = 10 ** (-20 / 20)
"""What the loudest of a voice has of full scale, as its root mean square."""
# What is softer by more than that is as soft as a microphone's own hiss.
MOST = 10 ** (30 / 20)
"""Sound is made louder by this at most."""
_LOUD_ENOUGH = (FULL_SCALE * LOUD_ENOUGH) ** 2
# By 1 dB a second: between two sentences of somebody it stays as loud as it was.
_FORGOTTEN = 10 ** (-FRAME_SECONDS / 10)
_UNIT = 256


class Leveler:
    """Makes sound louder by what the loudest of the last seconds lacks; never softer,
    and never beyond full scale.
    """

    def __init__(self) -> None:
        self._loudest = 0.0

    def attune(self, memory: Sequence[Frame]) -> None:
        """Start again, knowing how loud this was."""
        self._loudest = 0.0
        for frame in memory:
            self._listen(frame)

    def level(self, frame: Frame) -> Frame:
        """Take the next frame, and return it, louder where it needs that."""
        self._listen(frame)
        if self._loudest >= _LOUD_ENOUGH:
            return frame
        lacking = math.sqrt(_LOUD_ENOUGH / max(self._loudest, 1.0))
        samples = memoryview(frame.pcm).cast("h")
        # A click is all peak.
        peak = max(max(samples), -min(samples), 1)
        units = int(_UNIT * min(lacking, MOST, (FULL_SCALE - 1) / peak))
        if units <= _UNIT:
            return frame
        louder = array("h", [sample * units // _UNIT for sample in samples])
        return Frame(louder.tobytes(), frame.start)

    def _listen(self, frame: Frame) -> None:
        self._loudest = max(self._loudest * _FORGOTTEN, power(frame))
