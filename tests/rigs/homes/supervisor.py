"""A stand-in for Home Assistant's supervisor, of which an app asks for the broker."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "token-of-the-app"


class Supervisor:
    """Answers as the supervisor's API does, to who has the token."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.mqtt: dict[str, object] | None = None
        """The service that an app provides; None: none does."""
        self.refuses = False
        self.asked = 0

    def answer(self, path: str, token: str | None) -> tuple[int, dict[str, object]]:
        self.asked += 1
        if token != f"Bearer {TOKEN}" or self.refuses:
            return 403, {}
        if path != "/services/mqtt" or self.mqtt is None:
            return 400, {"result": "error", "message": "Service not enabled"}
        return 200, {"result": "ok", "data": self.mqtt}


@contextlib.contextmanager
def supervisor(port: int = 0) -> Iterator[Supervisor]:
    """Serve on loopback, on a free port where none is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, answer = here.answer(self.path, self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        here = Supervisor(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()
