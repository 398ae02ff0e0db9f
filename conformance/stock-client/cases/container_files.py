"""cp, diff, commit, export."""

import io
import os
import re
import tarfile

from harness.case import group

case = group("container files")
SHA = re.compile(r"sha256:[0-9a-f]{64}")


@case("cp of a file into a container and out, also of one that does not run")
def _(t):
    name = t.ended()
    there, back = t.directory / "there", t.directory / "back"
    there.write_text("content")
    there.chmod(0o640)
    t.docker("cp", there, f"{name}:/tmp/new").ok("")
    t.docker("cp", f"{name}:/tmp/new", back).ok("")
    t.same((back.read_text(), back.stat().st_mode & 0o777), ("content", 0o640), "the file")
    runs = t.running()
    t.docker("cp", "-q", there, f"{runs}:/tmp").ok("", "")
    t.docker("exec", runs, "cat", "/tmp/there").ok("content")


@case("cp of a directory: into one that is there, to one that is not, and its content alone")
def _(t):
    name = t.running()
    source = t.directory / "source"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "file").write_text("x")
    t.docker("cp", source, f"{name}:/tmp").ok()
    t.docker("cp", source, f"{name}:/tmp/fresh").ok()
    t.docker("cp", f"{source}/.", f"{name}:/var").ok()
    t.docker("exec", name, "ls", "/tmp/source/sub/file", "/tmp/fresh/sub/file", "/var/sub/file").ok()
    out = t.directory / "out"
    t.docker("cp", f"{name}:/tmp/source/.", out).ok()
    t.same((out / "sub" / "file").read_text(), "x", "the file")


@case("cp through pipes is a tar archive")
def _(t):
    name = t.running()
    got = t.docker("cp", f"{name}:/etc/passwd", "-").ends(0)
    with tarfile.open(fileobj=io.BytesIO(got.raw)) as tar:
        t.same(tar.getnames(), ["passwd"], "names")
    t.docker("cp", "-", f"{name}:/tmp", stdin=got.raw).ok()
    t.docker("exec", name, "sh", "-c", "cmp /tmp/passwd /etc/passwd || grep -c root /tmp/passwd").ok()


@case("cp -L follows a link, and without it copies the link")
def _(t):
    name = t.running(command=("sh", "-c", "echo x > /tmp/file; ln -s file /tmp/link; ln -s /etc /tmp/etc; echo ready; sleep 600"))
    t.start("logs", "-f", name).expect("ready")
    t.docker("cp", f"{name}:/tmp/link", t.directory / "as-link").ok()
    t.true((t.directory / "as-link").is_symlink(), "a link")
    t.docker("cp", "-L", f"{name}:/tmp/link", t.directory / "as-file").ok()
    t.same((t.directory / "as-file").read_text(), "x\n", "content")


@case("cp -a keeps the owner")
def _(t):
    name, file = t.running(), t.directory / "file"
    file.write_text("")
    os.chown(file, 1234, 2345)
    t.docker("cp", "-a", file, f"{name}:/tmp/kept").ok()
    t.docker("exec", name, "stat", "-c", "%u:%g", "/tmp/kept").ok("1234:2345")


@case("cp says what is not there")
def _(t):
    name = t.running()
    t.docker("cp", f"{name}:/no/such", t.directory).fails(
        t.here("cp-missing", "Error response from daemon: Could not find the file /no/such in container {name}", name=name)
    )
    t.docker("cp", "stock-nobody:/etc", t.directory).fails("Error response from daemon: No such container: stock-nobody")
    file = t.directory / "file"
    file.write_text("")
    t.same(t.docker("cp", file, f"{name}:/no/such/").code, 1, "exit code")
    t.same(t.docker("cp", file, f"{name}:/etc/passwd/").code, 1, "exit code")
    t.same(t.docker("cp", t.directory / "nothing", f"{name}:/tmp").code, 1, "exit code")


@case("cp does not write into a root that is read-only")
def _(t):
    name = t.running("--read-only")
    file = t.directory / "file"
    file.write_text("")
    t.docker("cp", file, f"{name}:/tmp").fails("Error response from daemon: container rootfs is marked read-only")


@case("diff tells what was added, changed and deleted")
def _(t):
    name = t.ended(command=("sh", "-c", "touch /tmp/new; echo x >> /etc/passwd; rm /etc/group"))
    t.same(sorted(t.docker("diff", name).ok().split("\n")), ["A /tmp/new", "C /etc", "C /etc/passwd", "C /tmp", "D /etc/group"], "changes")
    t.docker("diff", "stock-nobody").fails("Error response from daemon: No such container: stock-nobody")


@case("commit makes an image with what was changed and told")
def _(t):
    name, image = t.ended(command=("sh", "-c", "echo kept > /tmp/file")), t.word()
    t.later("rmi", "-f", image)
    id = t.docker("commit", "-a", "somebody", "-m", "a message", "-c", "CMD cat /tmp/file", "--change", "ENV X=y", "--change", "LABEL l=v", name, image).ok(SHA)
    t.same(t.inspect(image, ".Id"), id, "id")
    t.same((t.inspect(image, ".Author"), t.inspect(image, ".Comment")), ("somebody", "a message"), "author and message")
    t.true("X=y" in t.inspect(image, ".Config.Env"), "environment")
    t.docker("run", "--rm", image).ok("kept")
    t.docker("run", "--rm", image, "sh", "-c", "echo $X").ok("y")


@case("commit of a container that runs, frozen meanwhile or not")
def _(t):
    name = t.running()
    for flags in ((), ("--pause=false",)):
        id = t.docker("commit", *flags, name).ok(SHA)
        t.later("rmi", id)
    t.docker("exec", name, "true").ok()
    t.docker("commit", "stock-nobody").fails("Error response from daemon: No such container: stock-nobody")
    told = t.docker("commit", "-c", "RUN x", name, t.word())
    told.fails(t.here("commit-run", "Error response from daemon: run is not a valid change command"))
    t.same(t.docker("commit", name, "UPPER").stderr.rstrip(), t.here("commit-upper", "invalid reference format: repository name (library/UPPER) must be lowercase"), "error")


@case("export writes the whole file system, to a file as well")
def _(t):
    name = t.ended(command=("touch", "/tmp/new"))
    file = t.directory / "root.tar"
    t.docker("export", "-o", file, name).ok("")
    with tarfile.open(file) as tar:
        names = set(tar.getnames())
        t.true({"bin/busybox", "tmp/new", "etc/passwd"} <= names, sorted(names)[:20])
        t.same(tar.getmember("tmp").mode & 0o7777, 0o1777, "mode")
    with tarfile.open(fileobj=io.BytesIO(t.docker("export", name).raw)) as tar:
        t.true("tmp/new" in tar.getnames(), "the same through a pipe")
    t.docker("export", "stock-nobody").fails(t.here("export-nobody", "Error response from daemon: No such container: stock-nobody"))
