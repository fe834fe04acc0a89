"""The proxy on the way to the recognizer, as the environment names it."""

import os
import re
import urllib.request
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from auricle.qwen_asr.address import is_loopback

# What is asked for a proxy, in this order. RFC 6455 would have SOCKS first.
_SCHEMES = {"wss": ("wss", "socks", "https"), "ws": ("ws", "socks", "https", "http")}
_PORTS = {"wss": 443, "ws": 80}
# A host and a port, and nothing that could be a part of a password.
_PLACE = re.compile(
    r"([a-z][a-z0-9+.-]*://)?([\w.-]+|\[[0-9a-f:.]+\])(:\d+)?/?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An environment variable names this proxy; `str` of it never says the password."""

    url: str = field(repr=False)
    """What the variable holds, user and password included."""
    variable: str
    """The variable's name, as it is written."""

    def __str__(self) -> str:
        before, _, place = self.url.rpartition("@")
        if before:
            scheme, found, _ = before.partition("://")
            place = f"{scheme}{found}{place}" if found else place
        # Whatever else it is, it may be a password that was not encoded.
        shown = f" {place}" if _PLACE.fullmatch(place) else ""
        return f"the proxy{shown} ({self.variable})"


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy for a WebSocket to `url`; None where it is reached directly."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if is_loopback(host) or urllib.request.proxy_bypass(f"{host}:{port}"):
        return None
    proxies = urllib.request.getproxies()
    for scheme in _SCHEMES[parts.scheme]:
        if proxy := proxies.get(scheme):
            if scheme == "socks" and proxy.startswith("http://"):
                # As curl's and others' settings write it.
                proxy = f"socks5h://{proxy.removeprefix('http://')}"
            return Proxy(proxy, _variable(scheme))
    return None


def _variable(scheme: str) -> str:
    """Return its name as it is written; of two, the one in lower case counts."""
    name = f"{scheme}_proxy"
    written = [each for each in os.environ if each.lower() == name]
    return name if name in written or not written else written[0]
