"""Where the recognizer is."""

import ipaddress
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

PATH = "/api-ws/v1/realtime"
REGIONS = {
    "international": f"wss://dashscope-intl.aliyuncs.com{PATH}",
    "china": f"wss://dashscope.aliyuncs.com{PATH}",
}


def endpoint_url(url: str, model: str) -> str:
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
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from error
    if parts.scheme not in ("ws", "wss") or not host:
        raise ValueError("use wss://host/path, or ws://127.0.0.1:port on this machine")
    if parts.username is not None or parts.password is not None:
        raise ValueError("takes no username or password; the key is asr.api_key")
    if parts.fragment:
        raise ValueError("takes no #fragment")
    if parts.scheme == "ws" and not is_loopback(host):
        raise ValueError(
            f"ws://{host} would send speech unencrypted through the network; "
            "use wss:// (ws:// is for this machine only)"
        )
    return url


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) is this machine, by its spelling alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
