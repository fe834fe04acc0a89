"""What a process does to the files of one directory, and what a power cut leaves of it.

A disk keeps what was synced. Of the rest it keeps whatever it likes: all, nothing, or
some sectors of some writes. Directory entries are no exception, but keep their order,
as on every file system with a journal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rigs.faults.preload import preload

# Appends every change below a directory to a file: "KIND NUMBER LENGTH NAME\n", data.
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* Below the directory: the name; the directory itself: "."; elsewhere: nothing. */
static const char *named(const char *path) {
  const char *root = getenv("RECORDED_DISK");
  size_t length = strlen(root);
  if (strncmp(path, root, length)) return 0;
  if (!path[length]) return ".";
  return path[length] == '/' ? path + length + 1 : 0;
}

static const char *of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, 4095);
  if (length < 0) return 0;
  path[length] = 0;
  return named(path);
}

static void record(char kind, long long number, const char *name, const void *data,
                   size_t size) {
  static int to = -1;
  if (to < 0)
    to = syscall(SYS_openat, AT_FDCWD, getenv("DISK_RECORD"),
                 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char head[4200];
  int length =
      snprintf(head, sizeof head, "%c %lld %zu %s\n", kind, number, size, name);
  struct iovec parts[2] = {{head, length}, {(void *)data, size}};
  if (syscall(SYS_writev, to, parts, 2) < 0) abort();
}

static int opened(int (*real)(const char *, int, ...), const char *path, int flags,
                  mode_t mode) {
  const char *name = named(path);
  struct stat before;
  int is_new = stat(path, &before) < 0;
  int fd = real(path, flags, mode);
  if (name && fd >= 0 && is_new) record('C', 0, name, "", 0);
  if (name && fd >= 0 && flags & O_TRUNC) record('T', 0, name, "", 0);
  return fd;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); \
    va_list more; \
    va_start(more, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0; \
    va_end(more); \
    return opened(real, path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  char path[4096];
  const char *name = of(fd, path);
  off_t at = name ? lseek(fd, 0, SEEK_CUR) : 0;
  ssize_t done = real(fd, data, size);
  if (name && done > 0) record('W', at, name, data, done);
  return done;
}

#define PWRITE(call) \
  ssize_t call(int fd, const void *data, size_t size, off_t at) { \
    REAL(call); \
    char path[4096]; \
    const char *name = of(fd, path); \
    ssize_t done = real(fd, data, size, at); \
    if (name && done > 0) record('W', at, name, data, done); \
    return done; \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define TRUNCATE(call) \
  int call(int fd, off_t size) { \
    REAL(call); \
    char path[4096]; \
    const char *name = of(fd, path); \
    int failed = real(fd, size); \
    if (name && !failed) record('T', size, name, "", 0); \
    return failed; \
  }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(call) \
  int call(int fd) { \
    REAL(call); \
    char path[4096]; \
    const char *name = of(fd, path); \
    int failed = real(fd); \
    if (name && !failed) record('S', 0, name, "", 0); \
    return failed; \
  }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
  REAL(unlink);
  int failed = real(path);
  if (!failed && named(path)) record('U', 0, named(path), "", 0);
  return failed;
}

int rename(const char *from, const char *to) {
  REAL(rename);
  int failed = real(from, to);
  if (!failed && named(from))
    record('R', 0, named(from), named(to), strlen(named(to)));
  return failed;
}
"""
_SECTOR = 512


@dataclass(frozen=True)
class Change:
    kind: str
    name: str
    number: int
    """Where it was written, or the size it was cut to."""
    data: bytes


class RecordedDisk:
    """Give `environment` to a process that works in `directory`."""

    def __init__(self, folder: Path) -> None:
        self.directory = folder / "recorded"
        self.directory.mkdir()
        self._record = folder / "record"
        self.environment: Mapping[str, str] = {
            **preload(folder, "recorded_disk", _SHIM),
            "RECORDED_DISK": str(self.directory),
            "DISK_RECORD": str(self._record),
        }

    def changes(self) -> Iterator[Change]:
        with self._record.open("rb") as record:
            while line := record.readline():
                kind, number, length, name = line.decode().rstrip("\n").split(" ", 3)
                yield Change(kind, name, int(number), record.read(int(length)))


Files = dict[str, bytes]


@dataclass
class _File:
    durable: bytes = b""
    pending: list[Change] = field(default_factory=list)


class Disk:
    """Takes changes one by one; at any time the power may fail."""

    def __init__(self) -> None:
        self._entries: dict[str, _File] = {}
        self._durable: dict[str, _File] = {}
        self._unsynced: list[dict[str, _File]] = []
        """The directory after each change since it was synced."""

    def take(self, change: Change) -> None:
        match change.kind:
            case "W" | "T":
                self._entries[change.name].pending.append(change)
                return
            case "S" if change.name != ".":
                file = self._entries[change.name]
                file.durable, file.pending = _applied(file.durable, file.pending), []
                return
            case "S":
                self._durable, self._unsynced = dict(self._entries), []
                return
            case "C":
                self._entries[change.name] = _File()
            case "U":
                del self._entries[change.name]
            case "R":
                self._entries[change.data.decode()] = self._entries.pop(change.name)
        self._unsynced.append(dict(self._entries))

    def after_power_loss(self, random: Random) -> Iterator[Files]:
        """Nothing that was not synced, all of it, and what chance leaves."""
        yield {name: file.durable for name, file in self._durable.items()}
        yield {n: _applied(f.durable, f.pending) for n, f in self._entries.items()}
        for entries in (self._entries, random.choice([self._durable, *self._unsynced])):
            yield {
                name: _applied(file.durable, list(_some(file.pending, random)))
                for name, file in entries.items()
            }


def _applied(content: bytes, changes: list[Change]) -> bytes:
    for change in changes:
        if change.kind == "T":
            content = content[: change.number].ljust(change.number, b"\0")
        else:
            before = content[: change.number].ljust(change.number, b"\0")
            content = before + change.data + content[len(before) + len(change.data) :]
    return content


def _some(changes: list[Change], random: Random) -> Iterator[Change]:
    for change in changes:
        if change.kind == "T":
            if random.random() < 0.5:
                yield change
            continue
        for start in range(0, len(change.data), _SECTOR):
            if random.random() < 0.5:
                sector = change.data[start : start + _SECTOR]
                yield Change("W", change.name, change.number + start, sector)
