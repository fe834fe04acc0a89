"""How the recognizer proves who it is."""

import ssl
from urllib.parse import urlsplit

from auricle.qwen_asr.address import RecognizerAddress
from auricle.system.tls import client_context


def tls_context(address: RecognizerAddress) -> ssl.SSLContext | None:
    """Return a context that verifies, always; None for ws://.

    Raises ConfigError, which names the key, where `ca_file` cannot be read.
    """
    if urlsplit(address.url).scheme == "ws":
        return None
    return client_context("asr", ca_file=address.ca_file)
