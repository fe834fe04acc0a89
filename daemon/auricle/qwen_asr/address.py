"""Where a recognizer is, who we are to it, and what a second of audio costs there."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

PATH = "/api-ws/v1/realtime"
"""The path under which the service serves the protocol."""
FINAL_TIMEOUT = "X-Auricle-Final-Timeout"
"""The header by which a satellite tells a recognizer at home how many seconds it waits
for a final."""
LONGEST_WAIT = 60.0
"""So many seconds `auricle transcribe` waits, and no client for longer: more is not
heeded."""
PRICE_CURRENCY = "USD"
"""What the published prices are in."""


@dataclass(frozen=True, slots=True)
class RecognizerAddress:
    """A client finds the recognizer by this, and says who it is."""

    url: str
    """The complete URL, with the model in the query."""
    api_key: str | None = field(default=None, repr=False)
    """The bearer token of the handshake; None sends none."""
    workspace: str | None = None
    """The id of the workspace that is billed, for X-DashScope-WorkSpace; None sends no
    such header."""
    data_inspection: bool = False
    """X-DashScope-DataInspection: whether the service is to inspect the content."""
    ca_file: Path | None = None
    """Certificate authorities to trust instead of the system's (PEM)."""
    patience: float | None = None
    """Seconds for which we wait for a final, for FINAL_TIMEOUT; None sends no such
    header."""


@dataclass(frozen=True, slots=True)
class Region:
    """The service runs in several regions, each with hosts and a price of its own."""

    host: str
    """The host's name; where that begins with a dot, the workspace's id comes before
    it."""
    price: float
    """What a second of audio costs, as the service publishes it."""

    @property
    def needs_workspace(self) -> bool:
        """Whether the id of one's workspace is a part of the host's name."""
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

# Of all its regions.
_DOMAIN = ".aliyuncs.com"


def region_url(region: Region, workspace: str) -> str:
    """Return the URL of the service in `region`, without a model."""
    host = workspace + region.host if region.needs_workspace else region.host
    return f"wss://{host}{PATH}"


def published_price(url: str) -> float | None:
    """Return what a second of audio costs at `url`, in PRICE_CURRENCY.

    It is None where the host is not the service's, or in a region whose price it does
    not publish.
    """
    host = _host(url)
    for region in REGIONS.values():
        if host == region.host or (
            region.needs_workspace and host.endswith(region.host)
        ):
            return region.price
    return None


def is_the_services(url: str) -> bool:
    """Tell whether `url` is on a host of the service's, also in a region not listed."""
    return _host(url).endswith(_DOMAIN)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def complete_url(url: str, model: str) -> str:
    """Return `url` with the service's path where it has none, and with the model.

    A URL that names a model already keeps it; one that ends in a slash behind the host
    has no path.
    """
    parts = urlsplit(url)
    query = parts.query
    if "model" not in parse_qs(query, keep_blank_values=True):
        query = "&".join(filter(None, (query, urlencode({"model": model}))))
    path = PATH if parts.path in ("", "/") else parts.path
    return urlunsplit(parts._replace(path=path, query=query))


def fits_header(text: str) -> bool:
    """Tell whether `text` can be a word of an HTTP header, as a key or an id is."""
    return all("!" <= character <= "~" for character in text)


def require_secure_url(url: str) -> str:
    """Return `url` as given, if it is fit to be used.

    Raises ValueError if it is no URL of a WebSocket, or would send speech in clear:
    plain ws:// is for a recognizer on this very machine.
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
    """Tell whether a name server, or the network, could know a host so spelled."""
    if any(c.isspace() or not c.isprintable() or c in "/\\@[]?#" for c in host):
        return False
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


def is_loopback(host: str) -> bool:
    """Tell whether `host`, a name or an address, is this machine, by its spelling."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
