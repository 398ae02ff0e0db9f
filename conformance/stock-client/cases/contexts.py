"""context, and the flags and variables that say which engine is meant."""

import json
import re
import subprocess
import tarfile

from harness.case import group
from harness.surroundings import CERTIFICATES

case = group("contexts")


def alone(t):
    """A configuration of this case's own, and no engine named by the environment."""
    t.environment["DOCKER_CONFIG"] = str(t.directory / "config")
    return t.environment.pop("DOCKER_HOST")


@case("create, ls, show, use, inspect and rm")
def _(t):
    host, name = alone(t), t.word()
    t.docker("context", "create", name, "--description", "of a case", "--docker", f"host={host}").ok(name, f'Successfully created context "{name}"')
    head, *lines = t.docker("context", "ls").lines
    t.same(re.split(r"  +", head.strip()), ["NAME", "DESCRIPTION", "DOCKER ENDPOINT", "ERROR"], "head")
    t.same([line.split()[0] for line in lines], ["default", name], "names")
    t.docker("context", "ls", "-q").ok(f"default\n{name}")
    t.docker("context", "ls", "--format", "{{.Name}} {{.Current}} {{.DockerEndpoint}}").ok(re.compile(rf"default true unix://\S+\n{name} false {re.escape(host)}"))
    t.docker("context", "show").ok("default")
    t.docker("context", "use", name).ok(name, f'Current context is now "{name}"')
    t.docker("context", "show").ok(name)
    t.docker("info", "--format", "{{.OSType}}").ok("linux")
    told = json.loads(t.docker("context", "inspect", name).ok())[0]
    t.same((told["Name"], told["Metadata"]["Description"], told["Endpoints"]["docker"]), (name, "of a case", {"Host": host, "SkipTLSVerify": False}), "context")
    t.docker("context", "inspect", "--format", "{{.Name}}").ok(name)
    t.docker("context", "rm", name).fails(f'context "{name}" is in use, set -f flag to force remove')
    t.docker("context", "rm", "-f", name).ok(name)
    t.docker("context", "ls", "--quiet").ok("default")


@case("the engine that a context names is asked, chosen by flag or by variable")
def _(t):
    host, name, dead = alone(t), t.word(), t.word()
    t.docker("context", "create", name, "--docker", f"host={host}").ok()
    t.docker("context", "create", dead, "--docker", "host=unix:///stock/nothing.sock").ok()
    here = ("version", "--format", "{{.Server.Version}}")
    t.docker("--context", name, *here).ok(t.engine.version)
    t.docker("-c", name, *here).ok(t.engine.version)
    nobody = re.compile("Cannot connect to the Docker daemon at unix:///stock/nothing.sock. Is the docker daemon running?".replace("?", r"\?").replace(".", r"\."))
    t.docker("-c", dead, "ps").fails(nobody)
    t.environment["DOCKER_CONTEXT"] = dead
    t.docker("ps").fails(nobody)
    t.docker("--context", name, *here).ok(t.engine.version)
    t.environment["DOCKER_HOST"] = host
    t.docker(*here).ok(t.engine.version)
    del t.environment["DOCKER_CONTEXT"], t.environment["DOCKER_HOST"]
    t.docker("-H", host, *here).ok(t.engine.version)
    t.docker("--host", "unix:///stock/nothing.sock", "ps").fails(nobody)
    t.docker("--config", t.directory / "config", "-c", name, *here).ok(t.engine.version)


@case("update, and create from another")
def _(t):
    host, one, two = alone(t), t.word(), t.word()
    t.docker("context", "create", one, "--docker", "host=unix:///stock/nothing.sock").ok()
    t.docker("context", "update", one, "--description", "new", "--docker", f"host={host}").ok(one, f'Successfully updated context "{one}"')
    t.docker("context", "create", two, "--from", one).ok(two)
    t.docker("context", "inspect", "-f", "{{.Endpoints.docker.Host}}", two).ok(host)
    t.docker("-c", two, "info", "--format", "{{.OSType}}").ok("linux")


@case("export and import, also through pipes")
def _(t):
    host, name, other = alone(t), t.word(), t.word()
    t.docker("context", "create", name, "--docker", f"host={host}").ok()
    file = t.directory / "exported"
    t.docker("context", "export", name, file).ok("", f'Written file "{file}"')
    with tarfile.open(file) as tar:
        t.true("meta.json" in tar.getnames(), tar.getnames())
    t.docker("context", "import", other, file).ok(other, f'Successfully imported context "{other}"')
    through = t.word()
    t.docker("context", "import", through, "-", stdin=t.docker("context", "export", name, "-").ends(0).raw).ok(through)
    for context in (other, through):
        t.docker("-c", context, "info", "--format", "{{.OSType}}").ok("linux")


@case("contexts that there are not, or are already")
def _(t):
    host, name = alone(t), t.word()
    t.docker("context", "use", "stock-nothing").fails(re.compile('context "stock-nothing": context not found: open .*: no such file or directory'))
    t.docker("context", "rm", "stock-nothing").fails('context "stock-nothing" does not exist')
    t.docker("context", "rm", "default").ends(1, "")
    t.docker("context", "create", name, "--docker", f"host={host}").ok()
    t.docker("context", "create", name).fails(f'context "{name}" already exists')
    t.same(t.docker("-c", "stock-nothing", "ps").code, 1, "exit code")


@case("an engine over TCP with certificates: with the right ones, without, and with strange ones")
def _(t):
    address, certificates = t.over_tls()
    strangers, here = t.directory / "strangers", ("version", "--format", "{{.Server.Version}}")
    subprocess.run([CERTIFICATES, strangers], check=True)
    alone(t)

    def flags(directory):
        return (f"--tlscacert={certificates}/ca.pem", f"--tlscert={directory}/cert.pem", f"--tlskey={directory}/key.pem")

    t.docker("--tlsverify", *flags(certificates), "-H", address, *here).ok(t.engine.version)
    strange = t.docker("--tlsverify", *flags(strangers), "-H", address, *here).ends(1)
    t.true("remote error: tls: " in strange.stderr, strange.stderr)
    unknown = t.docker("--tlsverify", f"--tlscacert={strangers}/ca.pem", *flags(certificates)[1:], "-H", address, *here).ends(1)
    t.true("certificate signed by unknown authority" in unknown.stderr, unknown.stderr)
    without = t.docker("--tls", f"--tlscacert={certificates}/ca.pem", "-H", address, *here).ends(1)
    t.true("remote error: tls: " in without.stderr, without.stderr)
    t.same(t.docker("-H", address, *here).code, 1, "exit code without encryption")
    t.environment.update(DOCKER_HOST=address, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(certificates))
    t.docker(*here).ok(t.engine.version)


@case("a context with certificates, which go with it to another machine")
def _(t):
    address, certificates = t.over_tls()
    alone(t)
    name, file = t.word(), t.directory / "exported"
    t.docker("context", "create", name, "--docker", f"host={address},ca={certificates}/ca.pem,cert={certificates}/cert.pem,key={certificates}/key.pem").ok(name)
    t.docker("--context", name, "run", "--rm", t.image, "echo", "over TLS").ok("over TLS")
    t.docker("--context", name, "run", "--rm", "-i", t.image, "wc", "-c", stdin=b"x" * 1_000_000).ok("1000000")
    shell = t.terminal("--context", name, "run", "--rm", "-it", t.image, "sh")
    shell.expect("# ")
    shell.send("exit 3\r")
    t.same(shell.finish().code, 3, "exit code")
    t.docker("context", "export", name, file).ok()
    t.docker("context", "rm", name).ok(name)
    t.docker("context", "import", name, file).ok(name)
    t.docker("-c", name, "version", "--format", "{{.Server.Version}}").ok(t.engine.version)
    t.same(t.docker("context", "inspect", "-f", "{{json .TLSMaterial}}", name).ok(), '{"docker":["ca.pem","cert.pem","key.pem"]}', "certificates")


@case("-D and -l change what the client tells, not what it does")
def _(t):
    t.docker("-D", "ps", "-q", "--filter", "name=stock-nothing").ok("")
    t.docker("--debug", "--log-level", "error", "ps", "-q", "--filter", "name=stock-nothing").ok("")
    t.docker("-l", "strange", "ps").fails(re.compile(".*strange.*", re.S))
