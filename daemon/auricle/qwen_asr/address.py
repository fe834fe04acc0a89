"""Where the recognizer is, and what it costs there."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

PATH = "/api-ws/v1/realtime"
PRICE_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class RecognizerAddress:
    """Where the recognizer is, and who we are to it."""

    url: str
    """Complete, with the model in the query."""
    api_key: str | None = field(default=None, repr=False)
    workspace: str | None = None
    """The id of one's workspace, for the header that names it; None sends none."""
    data_inspection: bool = False
    """Whether the service may inspect what is sent, and tell of what it objects to."""
    ca_file: Path | None = None
    """Certificate authorities to trust instead of the system's (PEM)."""


@dataclass(frozen=True, slots=True)
class Region:
    """One of the service's, as its documentation has it."""

    host: str
    """Where it begins with a dot, the id of one's workspace comes before it."""
    price: float
    """Of a second of audio, as the service publishes it."""

    @property
    def needs_workspace(self) -> bool:
        return self.host.startswith(".")


REGIONS: Mapping[str, Region] = MappingProxyType(
    {
        "international": Region("dashscope-intl.aliyuncs.com", 0.00009),
        "china": Region("dashscope.aliyuncs.com", 0.000047),
        "ap-southeast-1": Region(".ap-southeast-1.maas.aliyuncs.com", 0.00009),
        "cn-beijing": Region(".cn-beijing.maas.aliyuncs.com", 0.000047),
    }
)
"""International, or Singapore (ap-southeast-1), and mainland China (Beijing)."""


def region_url(region: Region, workspace: str) -> str:
    host = workspace + region.host if region.needs_workspace else region.host
    return f"wss://{host}{PATH}"


def published_price(url: str) -> float | None:
    """Of a second of audio, in PRICE_CURRENCY; None where the host is not one of the
    service's, or in a region whose price it does not publish.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    for region in REGIONS.values():
        if host == region.host or (
            region.needs_workspace and host.endswith(region.host)
        ):
            return region.price
    return None


def complete_url(url: str, model: str) -> str:
    """Complete `url`: the service's path where it has none, the model in its query.

    A URL that names a model already keeps it.
    """
    parts = urlsplit(url)
    query = parts.query
    if "model" not in parse_qs(query, keep_blank_values=True):
        query = "&".join(filter(None, (query, urlencode({"model": model}))))
    return urlunsplit(parts._replace(path=parts.path or PATH, query=query))


def require_secure_url(url: str) -> str:
    """Return `url` as given; ValueError if it is none, or would send speech in clear.

    Plain ws:// is for a recognizer on this very machine.
    """
    if any(c.isspace() or not c.isprintable() for c in url):
        raise ValueError("is not a URL: it holds white space or a control character")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from error
    if parts.scheme not in ("ws", "wss") or not host:
        raise ValueError("use wss://host/path, or ws://127.0.0.1:port on this machine")
    if parts.username is not None or parts.password is not None:
        raise ValueError("takes no username or password; the key is asr.api_key")
    if parts.fragment:
        raise ValueError("takes no #fragment")
    if port == 0:
        raise ValueError("is not a URL: nobody listens on port 0")
    if not may_be_host(host):
        raise ValueError(f"{host!r} is neither the name nor the address of a host")
    if parts.scheme == "ws" and not is_loopback(host):
        raise ValueError(
            f"ws://{host} would send speech unencrypted through the network; "
            "use wss:// (ws:// is for this machine only)"
        )
    return url


def may_be_host(host: str) -> bool:
    """Whether a name server, or the network, could know a host of this spelling."""
    if any(c.isspace() or not c.isprintable() or c in "/\\@[]?#" for c in host):
        return False
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) is this machine, by its spelling alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
