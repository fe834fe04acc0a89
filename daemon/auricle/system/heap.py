"""The heap of the C library: small in a program that is idle all day, and large in one
that needs much again and again.

glibc gives a thread a heap of its own wherever two allocate at once, and keeps what was
freed for the next time. Our threads wait for each other anyway, and what starting took
is not needed again. Other C libraries keep neither, and have no such functions. A
kernel such as Debian's gives 2 MB where 4 kB are wanted, for programs that have much.

What is large, glibc takes from the kernel each time, and gives back behind it. Each
page is cleared anew: of what a speech model takes, that was a quarter of its time.
"""

import ctypes

# malloc.h
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
# A speech model asks for up to 150 MB at once.
_LARGEST = 256 * 2**20
_MOST_KEPT = 512 * 2**20
# linux/prctl.h
_PR_SET_THP_DISABLE = 41


def keep_small() -> None:
    """Have all threads that start from now on share one heap, and let it grow by no
    more than is used.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_ARENA_MAX, 1)
    yes, nothing = ctypes.c_ulong(1), ctypes.c_ulong(0)
    library.prctl(_PR_SET_THP_DISABLE, yes, nothing, nothing, nothing)


def keep_freed() -> None:
    """Keep what is freed for the next time, in one heap for all threads."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_ARENA_MAX, 1)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT)


def give_back() -> None:
    """Give the kernel what was freed by now."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(ctypes.c_size_t(0))
