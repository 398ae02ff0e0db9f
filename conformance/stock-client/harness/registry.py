"""Registries on loopback: Debian's `docker-registry`, one for everybody and one with a password."""

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

USER, PASSWORD = "stock", "client"
# htpasswd's line for them: the registry reads bcrypt only.
HTPASSWD = "stock:$2b$10$abcdefghijklmnopqrstuuXLDbPLKpGVo/6rqWGmlr/QU/aUtlr4K\n"


class Registry:
    """One registry, which ends with `stop`."""

    def __init__(self, directory, guarded):
        self.address = f"127.0.0.1:{_free_port()}"
        directory.mkdir()
        settings = directory / "config.yml"
        lines = ["version: 0.1", "log: {level: error}", f"http: {{addr: {self.address}}}"]
        lines.append(f"storage: {{filesystem: {{rootdirectory: {directory}/blobs}}, delete: {{enabled: true}}}}")
        if guarded:
            (directory / "htpasswd").write_text(HTPASSWD)
            lines.append(f"auth: {{htpasswd: {{realm: stock, path: {directory}/htpasswd}}}}")
        settings.write_text("\n".join(lines) + "\n")
        log = open(directory / "log", "wb")
        self.process = subprocess.Popen(["docker-registry", "serve", settings], stdout=log, stderr=log)
        self._wait()

    def _wait(self):
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://{self.address}/v2/", timeout=5)
                return
            except urllib.error.HTTPError:  # it answers, and wants a password
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"docker-registry does not answer at {self.address}")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def there():
    return shutil.which("docker-registry") is not None


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
