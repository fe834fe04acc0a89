"""What the C library's heap keeps, in programs of their own."""

import subprocess
import sys

# Smaller than what gets a mapping of its own, and a last one above all that is freed.
_FREED = """
import ctypes
from pathlib import Path
from auricle.system import heap

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p

def kept():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20

blocks = [library.malloc(100_000) for _ in range(1000)]
for block in blocks:
    ctypes.memset(block, 1, 100_000)
for block in blocks[:-1]:
    library.free(ctypes.c_void_p(block))
before = kept()
heap.give_back()
print(before - kept())
"""
_OF_THREADS = """
import threading
from pathlib import Path
from auricle.system import heap

if {shared}:
    heap.keep_small()
together = threading.Barrier(4)

def allocate():
    together.wait(60)
    kept.append([bytes(1000 + n) for n in range(10_000)])
    together.wait(60)

kept = []
threads = [threading.Thread(target=allocate) for _ in range(3)]
for thread in threads:
    thread.start()
together.wait(60)
together.wait(60)
ends = [line.split()[0].split("-") for line in Path("/proc/self/maps").open()]
# A thread's own heap begins where 64 MiB do.
print(sum(int(start, 16) % 2**26 == 0 for start, _ in ends))
"""

_OF_LARGE_PAGES = """
from pathlib import Path
from auricle.system import heap

if {small}:
    heap.keep_small()
lines = Path("/proc/self/status").read_text().splitlines()
print(dict(line.split(":", 1) for line in lines)["THP_enabled"])
"""

_OF_LARGE_PIECES = """
import ctypes
import resource
from auricle.system import heap

if {kept}:
    heap.keep_freed()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p

def take_and_free():
    block = library.malloc(100 * 2**20)
    ctypes.memset(block, 1, 100 * 2**20)
    library.free(ctypes.c_void_p(block))

take_and_free()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    take_and_free()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * 4 // 1024)
"""


def _printed(program: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return int(done.stdout)


def test_what_was_freed_is_given_back() -> None:
    assert _printed(_FREED) > 50


def test_threads_have_a_heap_of_their_own_unless_they_share_one() -> None:
    assert _printed(_OF_THREADS.format(shared=False)) >= 1
    assert _printed(_OF_THREADS.format(shared=True)) == 0


def test_the_kernel_gives_no_large_pages_to_who_needs_little() -> None:
    assert _printed(_OF_LARGE_PAGES.format(small=False)) == 1
    assert _printed(_OF_LARGE_PAGES.format(small=True)) == 0


def test_what_is_large_is_taken_from_the_kernel_once_where_it_is_kept() -> None:
    assert _printed(_OF_LARGE_PIECES.format(kept=False)) > 250
    assert _printed(_OF_LARGE_PIECES.format(kept=True)) < 10
