"""How a broker proves who it is, and we who we are."""

import ssl

from auricle.errors import ConfigError
from auricle.mqtt.link.broker import BrokerSettings


def tls_context(settings: BrokerSettings) -> ssl.SSLContext | None:
    """Verifying, always. Raises ConfigError, which names the key and the file."""
    if not settings.tls:
        return None
    if settings.ca_file is None:
        context = ssl.create_default_context()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as error:
            raise ConfigError(
                f"mqtt.ca_file: {settings.ca_file}: {error.strerror or error}"
            ) from error
    if settings.cert_file is not None:
        try:
            # Without a password to try, OpenSSL would ask the terminal for one.
            context.load_cert_chain(settings.cert_file, settings.key_file, password="")
        except OSError as error:
            raise ConfigError(
                f"mqtt.cert_file and mqtt.key_file: {settings.cert_file}: "
                f"{error.strerror or error}"
            ) from error
    return context
