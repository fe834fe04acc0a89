"""An address that swallows what is sent to it: nobody answers, and nobody refuses."""

import contextlib
import socket
import time
from collections.abc import Iterator


@contextlib.contextmanager
def swallowing(address: str, port: int) -> Iterator[None]:
    """`address` is of loopback; Linux drops who knocks where the queue is full."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        deadline = time.monotonic() + 10
        while _is_answered(stack.enter_context(socket.socket(family)), address, port):
            assert time.monotonic() < deadline, "the queue does not fill"
        yield


def _is_answered(sock: socket.socket, address: str, port: int) -> bool:
    sock.settimeout(0.2)
    try:
        sock.connect((address, port))
    except TimeoutError:
        return False
    return True
