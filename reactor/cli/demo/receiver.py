"""The other end of the demo: takes webhooks and Slack messages on loopback and shows them."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(ThreadingHTTPServer):
    """Listens from construction on; `serve_forever` is the body of its thread.

    `on_received` gets a sentence for each message, from the server's threads.
    """

    daemon_threads = True

    def __init__(self, on_received: Callable[[str], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.on_received = on_received

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Exchange(BaseHTTPRequestHandler):
    """One POST."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        signed = "signed " if "webhook-signature" in self.headers else ""
        self.server.on_received(f"{signed}{sentence(self.path, body)}")
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """The story is told elsewhere."""


def sentence(path: str, body: bytes) -> str:
    """What was received, in words: the text of a Slack message, or what a webhook's JSON holds."""
    message = json.loads(body)
    if path == "/slack":
        return f'Slack message: "{message["text"]}"'
    if message.get("type") == "reactor.firing":
        return f"webhook: rule {message['rule']}, event {message['event']['id'][:8]}…"
    return f"webhook: {json.dumps(message)}"
