"""The heap of the C library, kept small in a program that is idle all day.

glibc gives a thread a heap of its own wherever two allocate at once, and keeps what was
freed for the next time. Our threads wait for each other anyway, and what starting took
is not needed again. Other C libraries keep neither, and have no such functions.
"""

import ctypes

# malloc.h
_M_ARENA_MAX = -8


def share() -> None:
    """Have all threads that start from now on share one heap."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Give the kernel what was freed by now."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(ctypes.c_size_t(0))
