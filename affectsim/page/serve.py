"""The page on this machine: one file, to this machine alone."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from affectsim.errors import InputError, Mistake

HOST = "127.0.0.1"


def server(page: str, port: int = 0) -> ThreadingHTTPServer:
    """Return a server that gives the page at "/" and nothing else; `port` 0 takes a free one.

    Raises InputError if the port is taken. `serve_forever` starts it.
    """
    body = page.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer a request."""
            found = self.path.partition("?")[0] == "/"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body) if found else 0))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            if found:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    try:
        return ThreadingHTTPServer((HOST, port), Handler)
    except OSError as error:
        raise InputError("page serve", [Mistake("--port", f"{port}: {error.strerror}; try another")]) from None
