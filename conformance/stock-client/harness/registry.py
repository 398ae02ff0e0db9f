"""Registries on loopback: `docker-registry` without and with a password, and one that answers searches."""

import http.server
import json
import shutil
import socket
import threading
import urllib.parse

from mirror.registry import Registry

from .failure import Skipped

USER, PASSWORD = "somebody", "secret"


class Registries:
    """Each is started when the first case asks for its address."""

    def __init__(self, directory):
        self.directory = directory
        self.addresses, self.ends, self.lock = {}, [], threading.Lock()

    def open(self):
        """The address of one that everybody may use."""
        return self._address("open", self._serve)

    def locked(self):
        """The address of one that asks for `USER` and `PASSWORD`."""
        return self._address("locked", lambda directory: self._serve(directory, (USER, PASSWORD)))

    def index(self):
        """The address of one that can be searched: the protocol that went before the one `docker-registry` speaks."""
        return self._address("index", lambda _: self._search())

    def _address(self, name, start):
        with self.lock:
            if name not in self.addresses:
                directory = self.directory / name
                directory.mkdir(parents=True)
                self.addresses[name] = start(directory)
            return self.addresses[name]

    def _serve(self, directory, account=None):
        if not shutil.which("docker-registry"):
            raise Skipped("there is no `docker-registry`")
        registry = Registry(directory, f"127.0.0.1:{_free_port()}", account)
        self.ends.append(registry.close)
        return registry.address

    def _search(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.ends.append(lambda: (server.shutdown(), server.server_close()))
        return f"127.0.0.1:{server.server_port}"

    def close(self):
        for end in self.ends:
            end()


class Index(http.server.BaseHTTPRequestHandler):
    """What `docker search` asks."""

    FOUND = [
        {"name": "stock/one", "description": "the first that was found, with a description that is longer than a column", "star_count": 30, "is_official": True},
        {"name": "stock/two", "description": "the second", "star_count": 7, "is_official": False},
        {"name": "stock/three", "description": "", "star_count": 0, "is_official": False},
    ]

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        asked = urllib.parse.parse_qs(url.query)
        if url.path == "/v1/_ping":
            self._answer({"standalone": True})
        elif url.path == "/v1/search":
            found = [image for image in self.FOUND if asked["q"][0] in image["name"]][: int(asked["n"][0])]
            self._answer({"query": asked["q"][0], "num_results": len(found), "results": found})
        else:
            self.send_error(404)

    def _answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """What is asked is told by the cases, not here."""


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
