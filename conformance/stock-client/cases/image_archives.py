"""save, load, import: images in files and pipes."""

import http.server
import io
import json
import re
import tarfile
import threading

from harness.case import group
from images.archive import small

case = group("image archives")
SHA = re.compile(r"sha256:[0-9a-f]{64}")


@case("load from a file and from a pipe, told or quietly")
def _(t):
    name, file = t.word(), t.directory / "image.tar"
    id, archive = small([f"{name}:1"], name)
    t.later("rmi", "-f", id)
    file.write_bytes(archive)
    t.docker("load", "-i", file).ok(f"Loaded image: {name}:1", "")
    t.same(t.inspect(f"{name}:1", ".Id"), id, "id")
    t.docker("image", "load", "--quiet", "--input", file).ok(f"Loaded image: {name}:1", "")
    t.docker("load", stdin=archive).ok(f"Loaded image: {name}:1", "")


@case("load of an image without a name tells its id")
def _(t):
    id, archive = small([], t.word())
    t.later("rmi", "-f", id)
    t.docker("load", stdin=archive).ok(f"Loaded image ID: {id}")
    t.same(t.inspect(id, ".RepoTags"), [], "names")


@case("load of what is no archive, or not there")
def _(t):
    t.docker("load", "-i", t.directory / "nothing").fails(f"open {t.directory}/nothing: no such file or directory", stdout="")
    t.docker("load", stdin=b"no archive at all").ends(1)
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    t.docker("load", stdin=empty.getvalue()).ends(1)
    t.terminal("load").expect("requested load from stdin, but stdin is empty")


@case("what is saved can be loaded, with its names and its id")
def _(t):
    name, file = t.word(), t.directory / "saved.tar"
    one, two = t.small_image(f"{name}-a:1", f"{name}-a:2"), t.small_image(f"{name}-b:1")
    t.docker("save", "-o", file, f"{name}-a:1", f"{name}-a:2", two).ok("", "")
    t.docker("rmi", "-f", one, two).ok()
    told = t.docker("load", "--input", file).ok().split("\n")
    # Of the one without a name, Docker 20.10 does not always tell here.
    t.true({f"Loaded image: {name}-a:1", f"Loaded image: {name}-a:2"} <= set(told), told)
    t.same(sorted(t.inspect(one, ".RepoTags")), [f"{name}-a:1", f"{name}-a:2"], "names")
    t.same(t.inspect(two, ".RepoTags"), [], "no name")
    t.docker("save", "-o", file, two).ok("", "")
    t.docker("rmi", "-f", two).ok()
    t.docker("load", "--input", file).ok(f"Loaded image ID: {two}", "")


@case("save through a pipe is an archive with a manifest")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1", layers=2)
    saved = t.docker("image", "save", f"{name}:1").ends(0).raw
    with tarfile.open(fileobj=io.BytesIO(saved)) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
        t.same((len(manifest), manifest[0]["RepoTags"], len(manifest[0]["Layers"])), (1, [f"{name}:1"], 2), "manifest")
        configuration = tar.extractfile(manifest[0]["Config"]).read()
    t.true(id.removeprefix("sha256:") in manifest[0]["Config"], manifest)
    t.same(json.loads(configuration)["created"], "2024-01-02T03:04:05Z", "configuration")


@case("save refuses a terminal, a directory that is not there, and an image that is not there")
def _(t):
    name = t.word()
    t.small_image(f"{name}:1")
    shown = t.terminal("save", f"{name}:1")
    shown.expect("cowardly refusing to save to a terminal. Use the -o flag or redirect")
    t.same(shown.finish().code, 1, "exit code")
    t.docker("save", "--output", t.directory / "no" / "file", f"{name}:1").fails(re.compile(r"failed to save image: invalid output path: .*no such file or directory"))
    t.docker("save", "stock-nothing").fails("Error response from daemon: No such image: stock-nothing", stdout="")


@case("import makes an image of a file system, with what is said about it")
def _(t):
    name, container = t.word(), t.ended(command=("touch", "/tmp/new"))
    tree = t.docker("export", container).ends(0).raw
    t.later("rmi", "-f", f"{name}:1", f"{name}:2", f"{name}:3")
    id = t.docker("import", "-c", 'CMD ["cat", "/etc/passwd"]', "--change", "ENV A=b", "-m", "a message", "-", f"{name}:1", stdin=tree).ok(SHA)
    t.same((t.inspect(id, ".Comment"), t.inspect(id, ".Config.Env"), t.inspect(id, ".RepoTags")), ("a message", ["A=b"], [f"{name}:1"]), "image")
    t.true(t.docker("run", "--rm", f"{name}:1").ok().startswith("root:x:0:0:"), "its command runs")
    t.docker("run", "--rm", f"{name}:1", "/bin/ls", "/tmp").ok("new")
    file = t.directory / "tree.tar"
    file.write_bytes(tree)
    t.docker("image", "import", "--message", "of a file", file, f"{name}:2").ok(SHA)
    t.same(t.inspect(f"{name}:2", ".Comment"), "of a file", "comment")
    t.docker("import", "--platform", "linux/arm64", file, f"{name}:3").ok(SHA)
    t.same(t.inspect(f"{name}:3", ".Architecture"), t.here("import-platform", "arm64"), "architecture")


@case("import of a URL")
def _(t):
    name = t.word()
    t.later("rmi", "-f", f"{name}:1")
    (t.directory / "tree.tar").write_bytes(t.docker("export", t.ended()).ends(0).raw)
    with served(t.directory) as address:
        told = t.docker("import", f"http://{address}/tree.tar", f"{name}:1").lines
        t.true(SHA.fullmatch(told[-1]), told)
        t.same(t.inspect(f"{name}:1", ".Id"), told[-1], "id")
        t.same(t.docker("import", f"http://{address}/nothing.tar").code, 1, "exit code")
    t.docker("import", f"http://{address}/tree.tar").fails(re.compile(r"Error response from daemon: .*connection refused"))


@case("import refuses what is no archive, no change and no platform")
def _(t):
    tree = t.docker("export", t.ended()).ends(0).raw
    t.docker("import", t.directory / "nothing").fails(f"open {t.directory}/nothing: no such file or directory")
    t.docker("import", "-c", "RUN x", "-", stdin=tree).fails(t.here("commit-run", "Error response from daemon: run is not a valid change command"))
    t.same(t.docker("import", "-", stdin=b"no archive").code, 1, "exit code")
    t.same(t.docker("import", "--platform", "strange/", "-", stdin=tree).code, 1, "exit code")


class served:
    """A directory at a port of loopback."""

    def __init__(self, directory):
        class Files(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *words):
                super().__init__(*words, directory=str(directory))

            def log_message(self, *_):
                """Nobody reads it."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
