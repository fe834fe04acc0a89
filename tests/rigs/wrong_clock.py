"""A wall clock that is wrong, and may be set at any time, for one process only."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

# Asked for the time of day, it adds what a file says. Python asks through these.
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long shift(void) {
  long seconds = 0;
  FILE *file = fopen(getenv("WRONG_CLOCK"), "re");
  if (file) {
    if (fscanf(file, "%ld", &seconds) != 1) seconds = 0;
    fclose(file);
  }
  return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(clock, now);
  if (!failed && clock == CLOCK_REALTIME) now->tv_sec += shift();
  return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
  (void)zone;
  struct timespec precise;
  int failed = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return failed;
}

time_t time(time_t *now) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now) *now = precise.tv_sec;
  return precise.tv_sec;
}
"""


class WrongClock:
    """Give `environment` to a process; then set its clock."""

    def __init__(self, folder: Path, shift: float = 0.0) -> None:
        """`shift` seconds are added to the true time."""
        if shutil.which("cc") is None:
            pytest.skip("needs a C compiler (apt install gcc)")
        self._file = folder / "wrong_clock"
        self.set(shift)
        source, shim = folder / "wrong_clock.c", folder / "wrong_clock.so"
        source.write_text(_SHIM)
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl"],
            check=True,
            timeout=60,
        )
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(shim),
            "WRONG_CLOCK": str(self._file),
        }

    def set(self, shift: float) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{shift:.0f}")
        new.replace(self._file)
