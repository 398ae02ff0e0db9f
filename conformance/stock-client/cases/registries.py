"""pull, push, login, logout: against registries on loopback."""

import json
import re

from harness.case import group
from harness.registry import PASSWORD, USER

case = group("registries")
DIGEST = r"sha256:[0-9a-f]{64}"


@case("push tells the layers and the digest, and what was pushed can be pulled")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    id = t.small_image(f"{name}:1", layers=2)
    told = t.docker("push", f"{name}:1").ends(0)
    t.same(told.lines[0], f"The push refers to repository [{name}]", "heading")
    pushed = re.fullmatch(rf"1: digest: ({DIGEST}) size: \d+", told.lines[-1])
    t.true(pushed, told.stdout)
    t.same(len([line for line in told.lines if line.endswith(": Pushed")]), 2, "layers that were pushed")
    t.same(t.inspect(id, ".RepoDigests"), [f"{name}@{pushed[1]}"], "digests")
    told = t.docker("push", f"{name}:1").ends(0)
    t.same(len([line for line in told.lines if line.endswith(": Layer already exists")]), 2, "layers that were there")
    t.docker("rmi", "-f", id).ok()
    told = t.docker("pull", f"{name}:1").ends(0)
    path = name.partition("/")[2]
    t.same(told.lines[0], f"1: Pulling from {path}", "heading")
    t.same(len([line for line in told.lines if line.endswith(": Pull complete")]), 2, "layers that were pulled")
    t.same(told.lines[-3:], [f"Digest: {pushed[1]}", f"Status: Downloaded newer image for {name}:1", f"{name}:1"], "end")
    t.same((t.inspect(f"{name}:1", ".Id"), t.inspect(f"{name}:1", ".RepoDigests")), (id, [f"{name}@{pushed[1]}"]), "image")


@case("pull of what is there says so, layer by layer only where the image is new")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    t.small_image(f"{name}:1", layers=2)
    digest = t.docker("push", f"{name}:1").lines[-1].split()[2]
    path = name.partition("/")[2]
    same = f"1: Pulling from {path}\nDigest: {digest}\nStatus: {{}} for {name}:1\n{name}:1"
    t.docker("pull", f"{name}:1").ok(same.format("Image is up to date"))
    t.docker("tag", f"{name}:1", f"{name}:other").ok()
    t.docker("rmi", f"{name}:1").ok()
    t.docker("pull", f"{name}:1").ok(same.format("Downloaded newer image"))


@case("pull and push -q print the name alone")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    t.small_image(f"{name}:1")
    t.docker("push", "-q", f"{name}:1").ok(f"{name}:1")
    t.docker("image", "push", "--quiet", f"{name}:1").ok(f"{name}:1")
    t.docker("rmi", f"{name}:1").ok()
    t.docker("pull", "-q", f"{name}:1").ok(f"{name}:1")
    t.docker("image", "pull", "--quiet", f"{name}:1").ok(f"{name}:1")
    t.docker("image", "inspect", f"{name}:1").ok()


@case("without a tag it is latest")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    t.small_image(f"{name}:latest")
    t.same(t.docker("push", name).ends(0).lines[0], "Using default tag: latest", "output")
    t.docker("rmi", name).ok()
    told = t.docker("pull", name).ends(0).lines
    t.same((told[0], told[-1]), ("Using default tag: latest", f"{name}:latest"), "output")
    t.same(t.inspect(name, ".RepoTags"), [f"{name}:latest"], "names")


@case("pull by digest gives no tag, and shows under --digests")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    id = t.small_image(f"{name}:1")
    digest = t.docker("push", f"{name}:1").lines[-1].split()[2]
    t.docker("rmi", "-f", id).ok()
    told = t.docker("pull", f"{name}@{digest}").ends(0)
    t.same(told.lines[-3:], [f"Digest: {digest}", f"Status: Downloaded newer image for {name}@{digest}", f"{name}@{digest}"], "end")
    t.same((t.inspect(id, ".RepoTags"), t.inspect(id, ".RepoDigests")), ([], [f"{name}@{digest}"]), "names")
    line = t.docker("images", "--digests", name).lines[1]
    t.same(line.split()[:4], [name, "<none>", digest, id.removeprefix("sha256:")[:12]], "line")
    t.docker("rmi", f"{name}@{digest}").ok(re.compile(rf"Untagged: {name}@{digest}\nDeleted: {id}\nDeleted: {DIGEST}"))
    t.gone(id)


@case("--all-tags of push and pull")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    one, two = t.small_image(f"{name}:1"), t.small_image(f"{name}:2")
    told = t.docker("push", "--all-tags", name).ends(0)
    t.true(all(re.search(rf"^{tag}: digest: {DIGEST} size: \d+$", told.stdout, re.M) for tag in "12"), told.stdout)
    t.docker("rmi", "-f", one, two).ok()
    told = t.docker("pull", "-a", name).ends(0)
    t.same(told.lines[-2:], [f"Status: Downloaded newer image for {name}", name], "end")
    t.true({"1: Pulling from " + name.partition("/")[2], "2: Pulling from " + name.partition("/")[2]} <= set(told.lines), told.lines)
    t.same((t.inspect(f"{name}:1", ".Id"), t.inspect(f"{name}:2", ".Id")), (one, two), "images")
    t.same(t.docker("pull", "-a", name).lines[-2], f"Status: Image is up to date for {name}", "end")
    t.docker("pull", "-a", f"{name}:1").fails("tag can't be used with --all-tags/-a")
    t.docker("push", "-a", f"{name}:1").fails("tag can't be used with --all-tags/-a")


@case("pull of what the registry has not got")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    t.docker("pull", f"{name}:1").fails(f"Error response from daemon: manifest for {name}:1 not found: manifest unknown: manifest unknown", stdout="")
    t.docker("pull", "-a", name).ends(1)
    t.docker("pull", "-q", f"{name}:1").ends(1, "")
    t.gone(f"{name}:1")
    t.docker("pull", "UPPER").fails("invalid reference format: repository name (library/UPPER) must be lowercase")
    t.docker("pull", "x@sha256:12").fails("invalid reference format")


@case("pull where nobody answers")
def _(t):
    t.docker("pull", "127.0.0.1:1/x:1").fails(re.compile("Error response from daemon: .*connection refused"), stdout="")
    t.docker("run", "--rm", "127.0.0.1:1/x:1").fails(
        re.compile(r"Unable to find image '127.0.0.1:1/x:1' locally\ndocker: Error response from daemon: .*connection refused\n\nRun 'docker run --help' for more information"), code=125
    )


@case("pull --platform of an image of one platform")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    t.small_image(f"{name}:1")
    t.docker("push", f"{name}:1").ok()
    t.docker("pull", "--platform", "linux/amd64", f"{name}:1").ends(0)
    t.same(t.docker("pull", "--platform", "strange/", f"{name}:1").code, 1, "exit code")


@case("push of what is not there, and of what nobody takes")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    t.docker("push", f"{name}:1").fails(f"An image does not exist locally with the tag: {name}", stdout=f"The push refers to repository [{name}]")
    t.docker("push", "--all-tags", name).fails(f"An image does not exist locally with the tag: {name}")
    t.small_image("127.0.0.1:1/x:1")
    t.docker("push", "127.0.0.1:1/x:1").fails(re.compile(".*connection refused"), stdout=re.compile(r"The push refers to repository \[127.0.0.1:1/x\](\n.*)*"))


@case("push --platform")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    t.small_image(f"{name}:1")
    told = t.docker("push", "--platform", "linux/amd64", f"{name}:1")
    if not t.here("push-platform", True):
        return told.fails('"--platform" requires API version 1.46, but the Docker daemon API version is 1.41')
    told.ends(0)
    t.same(t.docker("push", "--platform", "linux/s390x", f"{name}:1").code, 1, "exit code")


@case("run and create pull what is not there, and tell it")
def _(t):
    name = f"{t.registries.open()}/{t.word()}"
    t.docker("tag", t.image, f"{name}:1").ok()
    t.later("rmi", "-f", f"{name}:1")
    t.docker("push", "-q", f"{name}:1").ok()
    t.docker("rmi", f"{name}:1").ok()
    told = t.docker("run", "--rm", f"{name}:1", "echo", "pulled").ok("pulled")
    t.docker("rmi", f"{name}:1").ok()
    told = t.docker("run", "--rm", f"{name}:1", "echo", "pulled").ends(0, "pulled")
    t.same(told.stderr.split("\n")[:2], [f"Unable to find image '{name}:1' locally", f"1: Pulling from {name.partition('/')[2]}"], "errors")
    t.docker("rmi", f"{name}:1").ok()
    t.docker("run", "-q", "--rm", f"{name}:1", "echo", "pulled").ends(0, "pulled", "")
    container = t.name()
    t.docker("create", "--pull", "always", "--quiet", "--name", container, f"{name}:1").ok(re.compile("[0-9a-f]{64}"))


@case("login keeps what the registry has taken, and logout forgets it")
def _(t):
    registry, name = t.registries.locked(), t.word()
    t.environment["DOCKER_CONFIG"] = str(t.directory / "config")
    file = t.directory / "config" / "config.json"
    id = t.small_image(f"{registry}/{name}:1")
    refused = t.docker("push", f"{registry}/{name}:1").ends(1)
    t.true(refused.stderr.rstrip().endswith("no basic auth credentials"), refused.stderr)
    told = t.docker("login", "-u", USER, "--password-stdin", registry, stdin=PASSWORD.encode()).ends(0)
    t.same(told.lines[-1], "Login Succeeded", "output")
    t.true(registry in json.loads(file.read_text())["auths"], file.read_text())
    t.docker("push", f"{registry}/{name}:1").ends(0)
    t.docker("rmi", "-f", id).ok()
    t.docker("pull", f"{registry}/{name}:1").ends(0)
    t.docker("logout", registry).ok(f"Removing login credentials for {registry}")
    t.same(json.loads(file.read_text()).get("auths", {}), {}, "what is kept")
    t.docker("rmi", "-f", id).ok()
    refused = t.docker("pull", f"{registry}/{name}:1").ends(1)
    t.true(refused.stderr.rstrip().endswith("no basic auth credentials"), refused.stderr)
    t.gone(id)


@case("login with what the registry does not take")
def _(t):
    registry = t.registries.locked()
    t.environment["DOCKER_CONFIG"] = str(t.directory / "config")
    told = t.docker("login", "--username", USER, "--password", "wrong", registry).ends(1, "")
    t.same(
        told.stderr.rstrip().split("\n")[-1],
        f'Error response from daemon: login attempt to http://{registry}/v2/ failed with status: 401 Unauthorized',
        "error",
    )
    t.true(not (t.directory / "config" / "config.json").exists() or USER not in (t.directory / "config" / "config.json").read_text(), "nothing is kept")
    t.docker("login", "-u", USER, registry).fails("Error: Cannot perform an interactive login from a non TTY device")
    told = t.docker("login", "-u", USER, "-p", PASSWORD, "127.0.0.1:1").ends(1, "")
    t.true("connection refused" in told.stderr, told.stderr)


@case("login on a terminal asks for a name and a password, which it does not show")
def _(t):
    registry = t.registries.locked()
    t.environment["DOCKER_CONFIG"] = str(t.directory / "config")
    asked = t.terminal("login", registry)
    asked.expect("Username: ")
    asked.send(f"{USER}\r").expect("Password: ")
    asked.send(f"{PASSWORD}\r").expect("Login Succeeded")
    t.same(asked.finish().code, 0, "exit code")
    t.true(PASSWORD.encode() not in bytes(asked.output), "the password is not shown")
