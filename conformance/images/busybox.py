"""Images around Debian's static busybox, packed so that every Docker can load them."""

import io
import pathlib
import tarfile

from .archive import add, pack

PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
GROUP = "root:x:0:\nstaff:x:50:\nnogroup:x:65534:\n"
APPLETS = """ash awk base64 cat chmod chown cut date dd df dmesg echo env expr false find grep head hostname id ip kill ln ls mkdir mkfifo
mount mv nc nproc od printf ps pwd readlink realpath rm sed seq sh sleep sort stat stty sync tail tar tee test timeout touch tr
true tty umount uname wc which yes""".split()


STOCK = {"Env": ["PATH=/bin", "GREETING=hello"], "Cmd": ["sh"], "Labels": {"stock": "yes"}}


def archive(busybox, name, config=STOCK, applets=APPLETS, files=None):
    """The bytes of an archive for `docker load` with one image of one layer; `files` are programs by their paths."""
    machine = "amd64" if busybox[18:19] == b"\x3e" else "arm64"
    return pack([_layer(busybox, applets, files or {})], [name], config, machine=machine)[1]


def _layer(busybox, applets, files):
    out = io.BytesIO()
    directories = {"bin": 0o755, "etc": 0o755, "root": 0o700, "tmp": 0o1777, "var": 0o755}
    above = sorted({str(parent) for path in files for parent in pathlib.PurePosixPath(path).parents} - {".", *directories})
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, mode in {**directories, **dict.fromkeys(above, 0o755)}.items():
            add(tar, path, mode, tarfile.DIRTYPE)
        add(tar, "bin/busybox", 0o755, tarfile.REGTYPE, busybox)
        for applet in applets:
            add(tar, f"bin/{applet}", 0o777, tarfile.SYMTYPE, link="busybox")
        add(tar, "etc/passwd", 0o644, tarfile.REGTYPE, PASSWD.encode())
        add(tar, "etc/group", 0o644, tarfile.REGTYPE, GROUP.encode())
        for path, content in files.items():
            add(tar, path, 0o755, tarfile.REGTYPE, content.encode())
    return out.getvalue()
