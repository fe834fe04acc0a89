"""What the kernel does for a connection: notices dead links, holds nothing back."""

import socket
from asyncio.trsock import TransportSocket

# Seconds. A dead link is noticed after the idle time and the silence together: it would
# otherwise swallow half a minute of speech, or of commands, before anyone notices.
IDLE = 4
PROBE_INTERVAL = 1
SILENCE = 3


def notice_dead_links(sock: object) -> None:
    """Let the kernel end the connection of `sock` when its peer is silent.

    What is sent has to be confirmed within SILENCE seconds, and who says nothing is
    asked after IDLE seconds: MQTT's own keepalive would take twice its interval.
    """
    # paho and asyncio hand out sockets without saying so in their types.
    assert isinstance(sock, socket.socket | TransportSocket)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_INTERVAL)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE * 1000)


def send_at_once(sock: object) -> None:
    """Let the kernel send what is written to `sock`, however small.

    Behind a small packet that nobody answers, such as a command's PUBACK, Nagle's
    algorithm would keep the next one back until the peer's kernel confirms it: 40 ms.
    asyncio asks for the same by itself.
    """
    assert isinstance(sock, socket.socket)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def confirm_at_once(sock: object) -> None:
    """Let the kernel confirm what came on `sock` without its usual delay of 40 ms.

    A broker with Nagle's algorithm (mosquitto by default) keeps a command's PUBACK back
    until the one before it is confirmed. The kernel falls back by itself: tcp(7).
    """
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
