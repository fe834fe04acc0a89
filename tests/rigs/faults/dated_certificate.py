"""A certificate for loopback, its own authority, valid when a test wants it."""

import subprocess
from pathlib import Path

from rigs.faults.certificates import Certificate

_CONFIG = """
[ca]
default_ca = own
[own]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
subjectAltName = DNS:localhost,IP:127.0.0.1
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical,digitalSignature,keyCertSign
"""


def dated_certificate(folder: Path, not_before: str, not_after: str) -> Certificate:
    """Dates as `20200101000000Z`."""
    config = folder / "ca.cnf"
    config.write_text(_CONFIG.format(folder=folder))
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    request = folder / "dated.csr"
    certificate = Certificate(folder / "dated.crt", folder / "dated.key")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(
        "req",
        *new_key,
        "-subj",
        "/CN=dated",
        "-keyout",
        str(certificate.key),
        "-out",
        str(request),
    )
    _openssl(
        "ca",
        "-batch",
        "-selfsign",
        "-notext",
        "-config",
        str(config),
        "-keyfile",
        str(certificate.key),
        "-in",
        str(request),
        "-startdate",
        not_before,
        "-enddate",
        not_after,
        "-out",
        str(certificate.file),
    )
    return certificate


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, timeout=30, capture_output=True)
