"""A disk that answers every write to the outbox with an error, for one process only."""

from collections.abc import Mapping
from pathlib import Path

from rigs.faults.preload import preload

# While a file is there, whoever writes to the outbox is told EIO.
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd) {
  char link[64], path[4096];
  if (access(getenv("FAILING_DISK"), F_OK)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  if (!strstr(path, "outbox.sqlite")) return 0;
  errno = EIO;
  return 1;
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
  if (fails(fd)) return -1

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  return real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  REAL(pwrite64);
  return real(fd, data, size, at);
}

int fsync(int fd) {
  REAL(fsync);
  return real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return real(fd);
}
"""


class FailingDisk:
    """Give `environment` to a process; then let its disk fail."""

    def __init__(self, folder: Path) -> None:
        self._flag = folder / "disk_fails"
        self.environment: Mapping[str, str] = {
            **preload(folder, "failing_disk", _SHIM),
            "FAILING_DISK": str(self._flag),
        }

    def fail(self) -> None:
        self._flag.touch()

    def work(self) -> None:
        self._flag.unlink()
