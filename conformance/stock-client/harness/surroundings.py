"""What all cases share: the client's configuration, the image, what is known of the engine."""

import os
import pathlib

from images import busybox

from . import client
from .checklist import Checklist
from .differences import Differences
from .engine import Engine
from .registry import Registries

# Makes a directory of certificates.
CERTIFICATES = pathlib.Path(__file__).resolve().parent.parent / "certificates"


class Surroundings:
    """Made before the first case; `close` takes everything away again."""

    def __init__(self, options, directory, table):
        self.client, self.directory, self.checklist = options.client, directory, Checklist()
        self.host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "DOCKER_CONFIG": str(directory / "config"),
            "DOCKER_HOST": self.host,
            "DOCKER_CLI_HINTS": "false",
            "TERM": "xterm",
            "TZ": "UTC",
        }
        self.engine = Engine.ask(self.run)
        self.differences = Differences(table, self.engine)
        self.image, self.tls = options.image, options.tls
        self.registries = Registries(directory / "registries")
        self._load(options)

    def run(self, *words):
        return client.run([self.client, *words], self.environment)

    def _load(self, options):
        if options.archive:
            self.run("load", "--input", options.archive).ok()
            return
        archive = self.directory / "image.tar"
        with open(options.busybox, "rb") as program:
            archive.write_bytes(busybox.archive(program.read(), self.image))
        self.run("load", "--input", archive).ok()

    def close(self):
        self.registries.close()
        self.run("rmi", "-f", self.image)
