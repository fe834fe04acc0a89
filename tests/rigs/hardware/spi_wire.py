"""The wire behind /dev/spidev0.0: a process has it, and all that it sends is kept.

spidev itself is the real one. What it asks of the kernel is answered here, as there is
no such device where tests run.
"""

from collections.abc import Mapping
from pathlib import Path

from auricle.panel.effects import Color
from rigs.faults.preload import preload

DEVICE = "/dev/spidev0.0"

# Each write is a line: seconds of the monotonic clock, and hexadecimal digits. Linux's
# requests of SPI have the type 'k'.
_KERNEL = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int wire = -1;

static int opened(const char *name, const char *path, int flags, mode_t mode) {
    int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
    if (strcmp(path, "DEVICE") != 0) return next(path, flags, mode);
    return wire = next(getenv("SPI_WIRE"), O_WRONLY | O_APPEND | O_CREAT, 0600);
}

int open(const char *path, int flags, ...) {
    va_list rest; va_start(rest, flags);
    mode_t mode = va_arg(rest, int); va_end(rest);
    return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest; va_start(rest, flags);
    mode_t mode = va_arg(rest, int); va_end(rest);
    return opened("open64", path, flags, mode);
}

int ioctl(int fd, unsigned long request, ...) {
    int (*next)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    static unsigned char held[64];
    va_list rest; va_start(rest, request);
    void *what = va_arg(rest, void *); va_end(rest);
    if (fd != wire || fd < 0 || _IOC_TYPE(request) != 'k')
        return next(fd, request, what);
    /* What was written is what is read. */
    unsigned size = _IOC_SIZE(request), at = _IOC_NR(request) % 16 * 4;
    if (_IOC_DIR(request) == _IOC_WRITE) memcpy(held + at, what, size);
    else memcpy(what, held + at, size);
    return 0;
}

ssize_t write(int fd, const void *data, size_t length) {
    ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (fd != wire || fd < 0) return next(fd, data, length);
    struct timespec now; clock_gettime(CLOCK_MONOTONIC, &now);
    char *line = malloc(2 * length + 64);
    int head = sprintf(line, "%lld.%09ld ", (long long)now.tv_sec, now.tv_nsec);
    for (size_t at = 0; at < length; at++)
        sprintf(line + head + 2 * at, "%02x", ((const unsigned char *)data)[at]);
    line[head + 2 * length] = '\n';
    next(fd, line, head + 2 * length + 1);
    free(line);
    return length;
}
"""


class SpiWire:
    """Keeps what one process sends."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "spi.txt"
        source = _KERNEL.replace("DEVICE", DEVICE)
        self.environment: Mapping[str, str] = {
            **preload(folder, "spi_wire", source),
            "SPI_WIRE": str(self._file),
        }

    @property
    def transfers(self) -> list[bytes]:
        """What was sent so far, in its order."""
        return [sent for _, sent in self.timed]

    @property
    def timed(self) -> list[tuple[float, bytes]]:
        """What was sent so far, with the seconds of the monotonic clock."""
        if not self._file.exists():
            return []
        lines = map(str.split, self._file.read_text().splitlines())
        return [(float(at), bytes.fromhex(sent)) for at, sent in lines]

    @property
    def pictures(self) -> list[tuple[Color, ...]]:
        """What pixels of APA102 showed."""
        return [_pixels(transfer) for transfer in self.transfers]


def _pixels(transfer: bytes) -> tuple[Color, ...]:
    """The frames that begin with three ones, behind the 32 zeros."""
    frames = [transfer[at : at + 4] for at in range(4, len(transfer) - 3, 4)]
    return tuple(
        Color(red, green, blue)
        for flag, blue, green, red in frames
        if flag & 0xE0 == 0xE0
    )
