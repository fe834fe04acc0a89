"""A real web server that tells the latest release, or does what a test wants."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = "https://forge.example/auricle/auricle/releases/latest"


class ReleaseServer:
    """Answers as GitHub, Forgejo and Gitea do to `…/releases/latest`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/releases/latest"
        self.status = 200
        self.headers: dict[str, str] = {}
        self.answer = b""
        self.asked: list[dict[str, str]] = []
        """The headers of each question."""

    def has_out(self, version: str) -> None:
        """Tell of this version from now on."""
        told = {"tag_name": f"v{version}", "html_url": PAGE, "body": "# Much"}
        self.status, self.answer = 200, json.dumps(told).encode()


@contextlib.contextmanager
def release_server(version: str = "99.0.0") -> Iterator[ReleaseServer]:
    """Serve on loopback, `version` at first."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append(dict(self.headers))
            self.send_response(here.status)
            for name, value in here.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(here.answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = ReleaseServer(server.server_port)
        here.has_out(version)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()
