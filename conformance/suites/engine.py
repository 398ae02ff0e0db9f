"""Which engine answers at an address, asked without any client of Docker's."""

import http.client
import json
import socket
import urllib.parse


class Engine:
    """`corten` or `docker`, and its version."""

    def __init__(self, address):
        self._address = urllib.parse.urlsplit(address)
        if self._address.scheme not in ("unix", "tcp"):
            raise SystemExit(f"cannot reach `{address}`: neither unix:// nor tcp://")
        version = json.loads(self.ask("GET", "/version"))
        names = [part["Name"] for part in version.get("Components") or []]
        names.append(version.get("Platform", {}).get("Name", ""))
        self.kind = "corten" if any("corten" in name.lower() for name in names) else "docker"
        self.name = f"{self.kind} {version['Version']}"

    def ask(self, method, path):
        """The body of the answer; an answer that is no success is an error."""
        connection = self._connection()
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status >= 400:
                raise SystemExit(f"{method} {path}: {answer.status} {body.decode(errors='replace')}")
            return body
        finally:
            connection.close()

    def pull(self, image):
        """Has it pull an image; what went wrong is in the body alone."""
        body = self.ask("POST", "/images/create?" + urllib.parse.urlencode({"fromImage": image}))
        for line in body.decode().splitlines():
            if "error" in json.loads(line):
                raise SystemExit(f"pull {image}: {line}")

    def _connection(self):
        if self._address.scheme == "unix":
            return _OverSocket(self._address.path)
        return http.client.HTTPConnection(self._address.hostname, self._address.port, timeout=120)


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
