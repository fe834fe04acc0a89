"""A wall clock that is wrong, and a machine that sleeps, for one process only."""

from collections.abc import Mapping
from pathlib import Path

from rigs.faults.preload import preload

# A file says what is added to the time of day, and what the machine has slept: that is
# time for all clocks but the monotonic one. Python asks through these.
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long shift(clockid_t clock) {
  long set = 0, slept = 0;
  FILE *file = fopen(getenv("WRONG_CLOCK"), "re");
  if (file) {
    if (fscanf(file, "%ld %ld", &set, &slept) != 2) set = slept = 0;
    fclose(file);
  }
  if (clock == CLOCK_REALTIME) return set + slept;
  return clock == CLOCK_BOOTTIME ? slept : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME))
    now->tv_sec += shift(clock);
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
    """Give `environment` to a process; then set its clock, or let it have slept."""

    def __init__(self, folder: Path, shift: float = 0.0) -> None:
        """`shift` seconds are added to the true time."""
        self._file = folder / "wrong_clock"
        self._slept = 0.0
        self.set(shift)
        self.environment: Mapping[str, str] = {
            **preload(folder, "wrong_clock", _SHIM),
            "WRONG_CLOCK": str(self._file),
        }

    def set(self, shift: float) -> None:
        self._shift = shift
        self._write()

    def sleep(self, seconds: float) -> None:
        """Let the machine have been suspended for so long, just now."""
        self._slept += seconds
        self._write()

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{self._shift:.0f} {self._slept:.0f}")
        new.replace(self._file)
