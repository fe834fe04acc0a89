"""TLS to a server: how it proves who it is, and we who we are."""

import ssl
from pathlib import Path

from auricle.errors import ConfigError


def client_context(
    section: str,
    *,
    ca_file: Path | None = None,
    cert_file: Path | None = None,
    key_file: Path | None = None,
) -> ssl.SSLContext:
    """Return a context that verifies the server's certificate and its name, always.

    `ca_file` (PEM) holds the authorities to trust instead of the system's; `cert_file`
    and `key_file` are what the server is shown. Raises ConfigError for a file that
    cannot be used, which names the file and its key in the configuration's `section`.
    """
    given = {"ca_file": ca_file, "cert_file": cert_file, "key_file": key_file}
    for key, path in given.items():
        # OpenSSL waits without end for a pipe that nobody writes to.
        if path is not None and path.is_fifo():
            raise ConfigError(f"{section}.{key}: {path} is a pipe, not a file")
    if ca_file is None:
        context = ssl.create_default_context()
    else:
        # It checks chain and name all the same. What the default context asks for
        # besides, from Python 3.13 on, a certificate made at home with openssl often
        # lacks.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise ConfigError(
                f"{section}.ca_file: {ca_file}: {error.strerror or error}"
            ) from error
    if cert_file is not None:
        try:
            # Without a password to try, OpenSSL would ask the terminal for one.
            context.load_cert_chain(cert_file, key_file, password="")
        except OSError as error:
            raise ConfigError(
                f"{section}.cert_file and {section}.key_file: {cert_file}: "
                f"{error.strerror or error}"
            ) from error
    return context
