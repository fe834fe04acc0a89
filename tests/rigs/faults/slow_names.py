"""A name server that is broken, for one process only."""

from collections.abc import Mapping
from pathlib import Path

from rigs.faults.preload import preload

# What an ordinary resolver does where no server answers: nothing, for long.
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **found) {
  static int (*real)(const char *, const char *, const struct addrinfo *,
                     struct addrinfo **);
  if (!real) real = dlsym(RTLD_NEXT, "getaddrinfo");
  if (node && strstr(node, "hangs.test")) {
    sleep(30);
    return EAI_AGAIN;
  }
  if (node && strstr(node, "nobody.test")) return EAI_NONAME;
  return real(node, service, hints, found);
}
"""

HANGS = "recognizer.hangs.test"
"""A name for which nobody answers for half a minute."""
NOBODY = "recognizer.nobody.test"
"""A name that does not exist."""


def slow_names(folder: Path) -> Mapping[str, str]:
    """The environment of a process that has it."""
    return preload(folder, "slow_names", _SHIM)
