"""An image of an archive with one more layer: what tests expect of an older release of it."""

import hashlib
import io
import json
import platform
import tarfile

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
LAYER = "application/vnd.oci.image.layer.v1.tar"

# name: archive, what is appended to files of it
IMAGES = {
    # Alpine had a user for PostgreSQL until 3.15, and docker-py's tests run a command as that user.
    "alpine-3.10": ("alpine-3.20", {"etc/passwd": "postgres:x:70:70::/var/lib/postgresql:/bin/sh\n", "etc/group": "postgres:x:70:\n"}),
}


def layout(archive, additions, directory):
    """Writes an OCI layout with the archive's image for this machine and the additions into the directory."""
    (directory / "blobs/sha256").mkdir(parents=True)
    with tarfile.open(archive) as tar:
        source = Source(tar)
        manifest = source.manifest()
        configuration = json.loads(source.blob(manifest["config"]))
        for layer in manifest["layers"]:
            _write(directory, source.blob(layer))
        layer = _layer({path: source.file(manifest["layers"], path) + text.encode() for path, text in additions.items()})
    configuration["rootfs"]["diff_ids"].append(_digest(layer))
    configuration.setdefault("history", []).append({"created_by": "extended for tests", "created": configuration["created"]})
    manifest["layers"].append({"mediaType": LAYER, **_write(directory, layer)})
    manifest["config"].update(_write(directory, json.dumps(configuration).encode()))
    entry = {"mediaType": manifest["mediaType"], **_write(directory, json.dumps(manifest).encode())}
    (directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


class Source:
    """The files of an OCI archive."""

    def __init__(self, tar):
        self._tar = tar
        self._members = {member.name.removeprefix("./"): member for member in tar}

    def manifest(self):
        """That of the image for this machine, through any number of indexes."""
        document = json.loads(self._content("index.json"))
        while "manifests" in document:
            fitting = [entry for entry in document["manifests"] if _fits(entry)]
            if not fitting:
                raise SystemExit(f"the archive has no image for {ARCHITECTURE}")
            document = json.loads(self.blob(fitting[0]))
        return document

    def blob(self, descriptor):
        return self._content("blobs/" + descriptor["digest"].replace(":", "/"))

    def file(self, layers, path):
        """What the uppermost layer that has this file says of it."""
        for layer in reversed(layers):
            with tarfile.open(fileobj=io.BytesIO(self.blob(layer))) as tar:
                for member in tar:
                    if member.name.removeprefix("./") == path:
                        return tar.extractfile(member).read()
        raise SystemExit(f"the image has no {path}")

    def _content(self, name):
        return self._tar.extractfile(self._members[name]).read()


def _fits(entry):
    return entry.get("platform", {}).get("architecture", ARCHITECTURE) == ARCHITECTURE


def _layer(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.mode, member.size, member.mtime = 0o644, len(content), 1704164645
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def _write(directory, content):
    digest = _digest(content)
    (directory / "blobs" / digest.replace(":", "/")).write_bytes(content)
    return {"digest": digest, "size": len(content)}


def _digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()
