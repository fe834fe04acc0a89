"""Why there is no connection, or none any more: codes and exceptions in words."""

import errno
import os
import socket
import ssl

from auricle.mqtt.link.broker import BrokerSettings, Disconnected, Problem, Version

# Reason codes of MQTT 5; paho translates those of 3.1.1 into them.
_UNSUPPORTED_VERSION = 0x84
_AUTH_FAILURES = (0x86, 0x87, 0x8C)
_SESSION_TAKEN_OVER = 0x8E
_PACKET_TOO_LARGE = 0x95

_CLOCK = " (is this machine's clock right?)"


class PacketTooLargeError(Exception):
    """The broker sends more at once than we take."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} bytes at once are more than is taken")
        self.size = size


def refused(
    code: int, text: str, settings: BrokerSettings, version: Version
) -> Disconnected:
    """Return what it means that the broker answers our CONNECT with this reason."""
    if code == _UNSUPPORTED_VERSION:
        return Disconnected(
            Problem.VERSION, f"the broker {settings} does not speak MQTT {version}"
        )
    if code in _AUTH_FAILURES:
        user = settings.username
        who = f"user {user!r}" if user else "a client without username"
        return Disconnected(
            Problem.AUTH_FAILED, f"the broker {settings} refuses {who}: {text.lower()}"
        )
    return Disconnected(
        Problem.REFUSED, f"the broker {settings} refuses us: {text.lower()}"
    )


def closed_by_broker(code: int, text: str, settings: BrokerSettings) -> Disconnected:
    """Return what it means that the broker says goodbye with this reason."""
    if code == _SESSION_TAKEN_OVER:
        return Disconnected(
            Problem.TAKEN_OVER,
            f"another client connected to {settings} as {settings.client_id!r}: are "
            "there two satellites with one satellite.name?",
        )
    if code == _PACKET_TOO_LARGE:
        return Disconnected(
            Problem.TOO_LARGE, f"the broker {settings} does not take as much at once"
        )
    return Disconnected(
        Problem.CLOSED, f"the broker {settings} closed the connection: {text.lower()}"
    )


def lost(last_error: str, settings: BrokerSettings) -> Disconnected:
    """Return what it means that the connection just ended.

    `last_error` is what the socket said, if anything.
    """
    if "SSL" in last_error:
        # Such as a client certificate that is missing: TLS 1.3 says so only after
        # the handshake.
        return Disconnected(Problem.TLS, f"TLS with {settings} failed: {last_error}")
    return Disconnected(
        Problem.LOST,
        last_error or f"the broker {settings} closed the connection",
        unexplained=True,
        silent=os.strerror(errno.ETIMEDOUT) in last_error,
    )


def silent(settings: BrokerSettings) -> Disconnected:
    """Return that the broker let us wait for too long."""
    return Disconnected(
        Problem.UNREACHABLE, f"no answer from {settings} in time", silent=True
    )


def failed(error: Exception, settings: BrokerSettings) -> Disconnected:
    """Return what it means that opening or serving the connection raised `error`."""
    match error:
        case PacketTooLargeError(size=size):
            return Disconnected(
                Problem.LOST,
                f"somebody sent us {size} bytes at once over the broker {settings}, "
                "which are more than we take",
            )
        case ssl.SSLCertVerificationError():
            return Disconnected(
                Problem.TLS,
                f"the certificate of {settings} is refused: {error.verify_message}"
                # The Pi has no clock of its own that runs while it is off.
                + (_CLOCK if "not yet valid" in error.verify_message else ""),
            )
        case ssl.SSLError():
            return Disconnected(
                Problem.TLS, f"TLS with {settings} failed: {error.reason or error}"
            )
        case socket.gaierror() | UnicodeError():
            detail = f"no address found for {settings.host!r}"
        case ConnectionRefusedError():
            detail = f"nothing listens on {settings}"
        case ConnectionResetError() if settings.tls:
            detail = f"{settings} hung up: does it speak TLS on this port?"
        case TimeoutError():
            return silent(settings)
        case OSError():
            detail = f"{settings}: {error.strerror or error}".lower()
        case _:
            return Disconnected(
                Problem.LOST,
                f"{settings} sent what is not MQTT: {error!r}",
                unexplained=True,
            )
    return Disconnected(Problem.UNREACHABLE, detail)
