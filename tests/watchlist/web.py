"""A web server for a repository's files, honest until a test gives it a trick for a path."""

from __future__ import annotations

import re
import ssl
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


class Web(ThreadingHTTPServer):
    """Serves `files`; a trick is called with the handler instead, and may write what it likes."""

    daemon_threads = False

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.tricks, self.asked, self.over = files, {}, [], Event()
        self.url = f"http://127.0.0.1:{self.server_port}/lfr"

    def handle_error(self, request, client_address):
        """Say nothing: a client that hangs up is part of the story."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        path = self.path.removeprefix("/lfr/")
        self.server.asked.append((path, self.headers.get("Range")))
        for pattern, trick in self.server.tricks.items():
            if re.search(pattern, path):
                self.close_connection = True
                trick(self)
                return
        data = self.server.files.get(path)
        if data is None:
            self.answer(404, b"")
            return
        self.give(data)

    def give(self, data):
        """Give a file, or the rest of it that was asked for."""
        begin = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if begin is None:
            self.answer(200, data)
            return
        at = int(begin[1])
        self.answer(206, data[at:], **{"Content-Range": f"bytes {at}-{len(data) - 1}/{len(data)}"})

    def answer(self, status, data, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def serving(files, certificate=None):
    """Serve on this computer, with TLS where there is a certificate (with its key)."""
    with Web(files) as web:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            web.socket = context.wrap_socket(web.socket, server_side=True)
            web.url = web.url.replace("http:", "https:")
        thread = Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield web
        finally:
            web.over.set()
            web.shutdown()
            thread.join()
