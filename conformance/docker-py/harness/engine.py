"""Which engine answers, for the table of expectations, asked without any client of Docker's."""

import http.client
import json
import socket
import urllib.parse


class Engine:
    """`kind` is `corten` or `docker`."""

    def __init__(self, address, version):
        self.address = address
        names = [part["Name"] for part in version.get("Components", [])]
        names.append(version.get("Platform", {}).get("Name", ""))
        self.kind = "corten" if any("corten" in name.lower() for name in names) else "docker"
        self.name = f"{self.kind} {version['Version']}"

    @classmethod
    def ask(cls, address):
        """The engine at `unix://PATH` or `tcp://HOST:PORT`; an `OSError` where nobody answers."""
        connection = _connection(address)
        try:
            connection.request("GET", "/version")
            return cls(address, json.loads(connection.getresponse().read()))
        finally:
            connection.close()


def _connection(address):
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "tcp":
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    if parts.scheme == "unix":
        return _OverSocket(parts.path)
    raise SystemExit(f"cannot reach `{address}`: neither unix:// nor tcp://")


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
