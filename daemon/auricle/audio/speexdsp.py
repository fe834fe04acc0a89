"""speexdsp's adaptive filter: a copy of what is played, as the room makes of it.

A C library of Debian's (package libspeexdsp1), whose residual echo suppressor stays
unused: it lowers the person who speaks together with the echo.
"""

import ctypes
from collections.abc import Mapping

from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.errors import EchoError

PACKAGE = "libspeexdsp1"
_LIBRARY = "libspeexdsp.so.1"
# 10 ms: it learns somewhat better in short steps, and costs a quarter more.
_BLOCK = SAMPLE_RATE // 100
_BLOCK_BYTES = _BLOCK * SAMPLE_BYTES
# 128 ms: the direct sound and most of a living room's reverberation.
TAPS = 2048
# SPEEX_ECHO_SET_SAMPLING_RATE of `speex_echo.h`.
_SET_SAMPLING_RATE = 24

_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
# The functions that are used: what each returns, and what it takes.
_FUNCTIONS: Mapping[str, tuple[type | None, tuple[type, ...]]] = {
    "speex_echo_state_init": (_POINTER, (_INT, _INT)),
    "speex_echo_state_destroy": (None, (_POINTER,)),
    "speex_echo_ctl": (_INT, (_POINTER, _INT, _POINTER)),
    "speex_echo_cancellation": (None, (_POINTER, _POINTER, _POINTER, _POINTER)),
}


class EchoFilter:
    """Learns how what is played comes back, and takes it out of what is heard."""

    def __init__(self) -> None:
        """Know nothing of the room yet.

        Raises EchoError where the library is not installed.
        """
        self._library = _load()
        self._state = self._library.speex_echo_state_init(_BLOCK, TAPS)
        rate = ctypes.c_int(SAMPLE_RATE)
        self._library.speex_echo_ctl(
            self._state, _SET_SAMPLING_RATE, ctypes.byref(rate)
        )
        self._clean = ctypes.create_string_buffer(_BLOCK_BYTES)

    def remove(self, heard: bytes, played: bytes) -> bytes:
        """Take whole blocks of 10 ms of 16 kHz mono s16le of both, from the same time;
        return what is left of the first.
        """
        return b"".join(
            self._remove(heard[at : at + _BLOCK_BYTES], played[at : at + _BLOCK_BYTES])
            for at in range(0, len(heard), _BLOCK_BYTES)
        )

    def _remove(self, heard: bytes, played: bytes) -> bytes:
        assert len(heard) == len(played) == _BLOCK_BYTES
        self._library.speex_echo_cancellation(self._state, heard, played, self._clean)
        return self._clean.raw

    def __del__(self) -> None:
        if state := getattr(self, "_state", None):
            self._library.speex_echo_state_destroy(state)


def _load() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise EchoError(f"{error}; apt install {PACKAGE}") from error
    for name, (returned, taken) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = returned, taken
    return library
