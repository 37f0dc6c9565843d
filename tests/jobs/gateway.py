"""A real server on loopback that keeps what it is sent, and answers as it is told."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lms.base.context import House


@dataclass
class Gateway:
    """What was sent there (headers, body), and what it answers next; for as long as nothing else is said, 204."""

    address: str = ""
    sent: list = field(default_factory=list)
    answers: list = field(default_factory=list)

    @property
    def texts(self):
        """The bodies, read as JSON."""
        return [json.loads(body) for _headers, body in self.sent]


@contextmanager
def gateway(wrap=lambda sock: sock):
    """Let one listen; `wrap` may put TLS around its socket."""
    made = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.sent.append((dict(self.headers), body))
            answer = made.answers.pop(0) if made.answers else 204
            self.send_response(answer)
            if answer in {301, 302, 307, 308}:
                self.send_header("Location", made.address)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = wrap(server.socket)
    made.address = f"http://127.0.0.1:{server.server_port}/send"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def with_settings(house, **settings):
    """The same house, set up otherwise."""
    return House(house.settings.model_copy(update=settings), house.engine, house.files)
