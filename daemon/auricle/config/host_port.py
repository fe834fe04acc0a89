"""A host and a port, as people write them."""

import re

from auricle.qwen_asr.address import may_be_host


def host_and_port(text: str) -> tuple[str, int | None]:
    """Read `host`, `host:port`, `::1`, `[::1]` or `[::1]:port`, with or without mqtt://.
    Raises ValueError, which says what to write, for anything else.
    """
    scheme, _, rest = text.rpartition("://")
    if scheme.lower() not in ("", "mqtt"):
        encrypted = scheme.lower() in ("mqtts", "ssl", "tls")
        raise ValueError(
            f"write it without {scheme}://{', and tls = true' if encrypted else ''}"
        )
    if "@" in rest:
        raise ValueError("write it without user and password: they have their own keys")
    rest = rest.removesuffix("/") if scheme else rest
    found = re.fullmatch(r"(?:\[(.+)\]|([^:\[\]]+))(?::(\d{1,5}))?", rest)
    if found is None and rest.count(":") > 1 and may_be_host(rest):
        return rest, None
    if (
        found is None
        or not may_be_host(found[1] or found[2])
        or not 0 < int(found[3] or 1) < 65536
    ):
        raise ValueError(f"{rest!r} is neither a host nor host:port")
    return found[1] or found[2], int(found[3]) if found[3] else None
