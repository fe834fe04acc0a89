"""The process that started this one."""

import ctypes
import os
import signal
import sys

# linux/prctl.h
_PR_SET_PDEATHSIG = 1


def end_with_it(pid: int) -> None:
    """Have the kernel end this process as soon as the one that started it, which has
    the number `pid`, is gone, whatever this one is at.
    """
    number, nothing = ctypes.c_ulong(signal.SIGKILL), ctypes.c_ulong(0)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, nothing, nothing, nothing)
    # Of what was over before, the kernel does not tell.
    if os.getppid() != pid:
        sys.exit("nobody waits for this process any more")
