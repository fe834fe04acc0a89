"""A certificate authority of a test's own."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    file: Path
    key: Path


class Authority:
    """Signs certificates that are good for loopback."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._name = name
        self.certificate = Certificate(
            directory / f"{name}.crt", directory / f"{name}.key"
        )
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", f"/CN={name}"),
            *("-keyout", str(self.certificate.key)),
            *("-out", str(self.certificate.file)),
        )

    def sign(self, name: str) -> Certificate:
        """A certificate for `name`, and for 127.0.0.1 and localhost."""
        signed = Certificate(
            self._directory / f"{self._name}-{name}.crt",
            self._directory / f"{self._name}-{name}.key",
        )
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", f"/CN={name}"),
            *("-CA", str(self.certificate.file)),
            *("-CAkey", str(self.certificate.key)),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", str(signed.key), "-out", str(signed.file)),
        )
        return signed


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, timeout=30, capture_output=True)
