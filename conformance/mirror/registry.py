"""Debian's docker-registry on loopback, with everything that it writes in one directory."""

import base64
import ctypes
import json
import subprocess
import time
import urllib.error
import urllib.request

PATIENCE = 20


class Registry:
    """Serves from its start until `close`."""

    def __init__(self, directory, address, account=None):
        self.address, self.account, self._log = address, account, directory / "log"
        configuration = {
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(directory / "data")}, "delete": {"enabled": True}},
            "http": {"addr": address},
        }
        if account:
            (directory / "htpasswd").write_text(f"{account[0]}:{_bcrypt(account[1])}\n")
            configuration["auth"] = {"htpasswd": {"realm": "mirror", "path": str(directory / "htpasswd")}}
        # JSON is YAML.
        (directory / "config.yml").write_text(json.dumps(configuration))
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(["docker-registry", "serve", directory / "config.yml"], stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def copy(self, source, image):
        """Has skopeo copy every platform of an image into the registry."""
        account = ["--dest-creds", ":".join(self.account)] if self.account else []
        words = ["skopeo", "copy", "--quiet", "--all", "--dest-tls-verify=false", *account]
        if source.startswith("docker://"):
            words += ["--src-tls-verify=false", *(["--src-creds", ":".join(self.account)] if self.account else [])]
        subprocess.run([*words, source, f"docker://{self.address}/{image}"], check=True)

    def close(self):
        self._process.terminate()
        self._process.wait()

    def _wait(self):
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"docker-registry does not serve {self.address}: {self._log.read_text()}")
            time.sleep(0.05)

    def _answers(self):
        request = urllib.request.Request(f"http://{self.address}/v2/")
        if self.account:
            request.add_header("Authorization", "Basic " + base64.b64encode(":".join(self.account).encode()).decode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return opener.open(request, timeout=5).status == 200
        except urllib.error.HTTPError as error:
            raise SystemExit(f"something else serves {self.address}: {error}") from error
        except OSError:
            return False


def _bcrypt(password):
    """The only hash that docker-registry reads, by the C library's own function."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt_gensalt.restype = library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), library.crypt_gensalt(b"$2b$", 5, None, 0)).decode()
