"""Archives for `docker load`, as every Docker takes them."""

import hashlib
import io
import json
import tarfile

CREATED = "2024-01-02T03:04:05Z"


def pack(layers, names, config, created=CREATED, machine="amd64"):
    """An image with these layers: its id, and the bytes of its archive."""
    files = [f"layer-{number}.tar" for number in range(len(layers))]
    step = {"created": created, "created_by": "packed by hand", "comment": "one layer"}
    configuration = json.dumps(
        {
            "architecture": machine,
            "os": "linux",
            "created": created,
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + _sha256(layer) for layer in layers]},
            "history": [step] * len(layers),
        }
    ).encode()
    config_name = _sha256(configuration) + ".json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": names or None, "Layers": files}]).encode()
    archive = tar({config_name: configuration, **dict(zip(files, layers)), "manifest.json": manifest})
    return "sha256:" + _sha256(configuration), archive


def small(names, content, labels=None, layers=1, **options):
    """The same of an image that cannot run: layers of one small file each, told apart by `content`."""
    made = [tar({f"file-{number}": f"{content} {number}\n".encode()}) for number in range(layers)]
    return pack(made, names, {"Cmd": ["sh"], "Labels": labels or {}, "Env": ["PATH=/bin"]}, **options)


def tar(files):
    """The bytes of an archive of files by their names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, content in files.items():
            add(tar, path, 0o644, tarfile.REGTYPE, content)
    return out.getvalue()


def add(tar, path, mode, kind, content=b"", link=""):
    """One member, with times and owners that are always the same."""
    member = tarfile.TarInfo(path)
    member.mode, member.type, member.size, member.linkname, member.mtime = mode, kind, len(content), link, 1704164645
    tar.addfile(member, io.BytesIO(content))


def _sha256(content):
    return hashlib.sha256(content).hexdigest()
