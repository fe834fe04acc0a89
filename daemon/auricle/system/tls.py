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
    if ca_file is not None:
        _require_no_pipe(f"{section}.ca_file", ca_file)
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
        names = f"{section}.cert_file", f"{section}.key_file"
        load_identity(context, cert_file, key_file, names=names)
    return context


def load_identity(
    context: ssl.SSLContext, cert: Path, key: Path | None, *, names: tuple[str, str]
) -> None:
    """Have `context` prove who we are by the certificate in `cert` and its `key`, which
    is in the same file where that is None.

    `names` are what the user calls the two. Raises ConfigError, which says what is
    wrong with which file.
    """
    keys = names[0] if key is None else names[1], key or cert
    for name, path in ((names[0], cert), keys):
        _require_no_pipe(name, path)
    try:
        # Without a password to try, OpenSSL would ask the terminal for one.
        context.load_cert_chain(cert, key, password="")
    except ssl.SSLError as error:
        raise ConfigError(_unusable((names[0], cert), keys, error)) from error
    except OSError as error:
        raise ConfigError(
            f"{names[0]} {cert}, {names[1]} {key or cert}: {error.strerror or error}"
        ) from error


def _require_no_pipe(name: str, path: Path) -> None:
    # OpenSSL waits without end for a pipe that nobody writes to.
    if path.is_fifo():
        raise ConfigError(f"{name}: {path} is a pipe, not a file")


def _unusable(
    cert: tuple[str, Path], key: tuple[str, Path], error: ssl.SSLError
) -> str:
    """Return what OpenSSL, which has read both files, does not say."""
    keys = key[1].read_bytes()
    of_cert, of_key = (f"{name}: {path}" for name, path in (cert, key))
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{of_key} is not the key of the certificate {cert[1]}"
    if b"-----BEGIN CERTIFICATE-----" not in cert[1].read_bytes():
        return f"{of_cert} holds no certificate in PEM"
    if b"ENCRYPTED" in keys:
        return (
            f"{of_key} is locked with a password; write it without one into another "
            "file: openssl pkey -in … -out …"
        )
    if b"PRIVATE KEY-----" not in keys:
        return f"{of_key} holds no private key in PEM"
    return f"{of_cert}: {error}"
