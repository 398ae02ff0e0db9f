"""network ls, inspect, rm, prune, and what is refused: of the networks that every engine has."""

import json
import re

from harness.case import ID, SHORT_ID, group

case = group("networks")
MISSING = "Error response from daemon: network stock-nothing not found"
FORBIDDEN = "Error response from daemon: {} is a pre-defined network and cannot be removed"


@case("ls has its columns, and the three networks")
def _(t):
    head, *lines = t.docker("network", "ls", "--filter", "type=builtin").lines
    t.same(head.split(), ["NETWORK", "ID", "NAME", "DRIVER", "SCOPE"], "head")
    t.true(all(SHORT_ID.fullmatch(line.split()[0]) for line in lines), lines)
    t.same([line.split()[1:] for line in lines], [["bridge", "bridge", "local"], ["host", "host", "local"], ["none", "null", "local"]], "lines")
    full = t.docker("network", "ls", "--no-trunc", "--quiet", "--filter", "name=host").ok(ID)
    t.docker("network", "ls", "-q", "--filter", "name=host").ok(full[:12])


@case("ls --format has Docker's fields")
def _(t):
    template = "{{.Name}}|{{.Driver}}|{{.Scope}}|{{.IPv6}}|{{.Internal}}|{{.Labels}}|" + '{{.Label "x"}}'
    t.docker("network", "ls", "--format", template, "--filter", "driver=host").ok("host|host|local|false|false||")
    told = json.loads(t.docker("network", "ls", "--format", "json", "-f", "name=bridge").ok())
    t.same((told["Name"], told["Driver"], told["Scope"]), ("bridge", "bridge", "local"), "JSON")
    t.same(sorted(told), ["CreatedAt", "Driver", "ID", "IPv4", "IPv6", "Internal", "Labels", "Name", "Scope"], "fields")


@case("ls --filter")
def _(t):
    def shown(*filters):
        words = [word for text in filters for word in ("--filter", text)]
        return t.docker("network", "ls", "--format", "{{.Name}}", *words).ok().split()

    everything = ["bridge", "host", "none"]
    t.same(shown("name=o"), ["host", "none"], "part of a name")
    t.same(shown("name=^host$"), ["host"], "pattern of a name")
    t.same(shown("name=bridge", "name=none"), ["bridge", "none"], "one name or another")
    t.same(shown(f"id={t.inspect('bridge', '.Id')[:12]}"), ["bridge"], "id")
    t.same(shown("driver=null"), ["none"], "driver")
    t.same(shown("driver=strange"), [], "another driver")
    t.same((shown("scope=local"), shown("scope=swarm")), (everything, []), "scope")
    t.same((shown("type=builtin"), shown("type=custom")), (everything, []), "type")
    t.same((shown("dangling=false"), shown("dangling=true")), (everything, []), "dangling")
    t.same(shown("label=strange"), [], "label")


@case("ls --filter that makes no sense")
def _(t):
    t.docker("network", "ls", "--filter", "strange=x").fails(t.here("filter-strange", "Error response from daemon: invalid filter 'strange'"))
    t.docker("network", "ls", "--filter", "type=x").fails("Error response from daemon: invalid filter: 'type'='x'")
    t.docker("network", "ls", "--filter", "dangling=x").fails(
        "Error response from daemon: invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")"
    )


@case("inspect has Docker's fields")
def _(t):
    t.running()
    told = {network["Name"]: network for network in json.loads(t.docker("network", "inspect", "bridge", "host", "none").ok())}
    fields = ["Attachable", "ConfigFrom", "ConfigOnly", "Containers", "Created", "Driver", "EnableIPv6", "IPAM", "Id", "Ingress", "Internal", "Labels", "Name", "Options", "Scope"]
    for name, network in told.items():
        t.true(set(fields) <= set(network), f"fields of {name}: {sorted(network)}")
        t.true(ID.fullmatch(network["Id"]), network["Id"])
        t.true(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", network["Created"]), network["Created"])
        t.same((network["Scope"], network["Internal"], network["Attachable"], network["Labels"]), ("local", False, False, {}), name)
        t.same((network["IPAM"]["Driver"], network["IPAM"]["Options"]), ("default", None), f"addresses of {name}")
    t.same({name: network["Driver"] for name, network in told.items()}, {"bridge": "bridge", "host": "host", "none": "null"}, "drivers")
    t.same(told["bridge"]["Options"]["com.docker.network.bridge.default_bridge"], "true", "option")
    t.true(re.fullmatch(r"[\d.]+/\d+", told["bridge"]["IPAM"]["Config"][0]["Subnet"]), told["bridge"]["IPAM"])
    t.same((told["host"]["Options"], told["none"]["Options"]), ({}, {}), "options of the others")


@case("inspect tells who is on a network")
def _(t):
    for network in ("bridge", "host", "none"):
        name = t.running("--network", network)
        found = t.inspect(network, ".Containers")[t.inspect(name, ".Id")]
        address = t.inspect(name, ".NetworkSettings.IPAddress")
        t.same((found["Name"], found["IPv4Address"].partition("/")[0], found["IPv6Address"]), (name, address, ""), network)
        t.same(found["MacAddress"], t.inspect(name, ".NetworkSettings.MacAddress"), "hardware address")
        t.docker("kill", name).ok()
        t.docker("wait", name).ok()
        t.true(t.inspect(name, ".Id") not in t.inspect(network, ".Containers"), "it is gone from there")


@case("inspect: templates, ids, and what is not there")
def _(t):
    t.docker("network", "inspect", "--format", "{{.Name}}", "bridge", "stock-nothing", "none").fails(MISSING, stdout="bridge\nnone")
    t.docker("network", "inspect", "stock-nothing").fails(MISSING, stdout="[]")
    id = t.inspect("host", ".Id")
    t.docker("network", "inspect", "-v", "-f", "{{.Name}}", id).ok("host")
    t.docker("network", "inspect", "--verbose", "-f", "{{.Name}}", id[:12]).ok("host")
    t.docker("inspect", "--type", "network", "-f", "{{.Driver}}", "none").ok("null")


@case("rm refuses those that every engine has, and says what is not there")
def _(t):
    t.docker("network", "rm", "bridge", "stock-nothing", "host", "none").fails(
        "\n".join([FORBIDDEN.format("bridge"), MISSING, FORBIDDEN.format("host"), FORBIDDEN.format("none"), "exit status 1"]), stdout=""
    )
    t.docker("network", "rm", "-f", "stock-nothing").ok("", "")
    t.docker("network", "rm", "--force", "bridge").fails(FORBIDDEN.format("bridge") + "\nexit status 1")
    t.same(len(t.docker("network", "ls", "-q", "--filter", "type=builtin").lines), 3, "networks")


@case("create refuses the names and drivers of those that every engine has")
def _(t):
    for name in ("bridge", "host", "none"):
        t.docker("network", "create", name).fails(f"Error response from daemon: operation is not permitted on predefined {name} network")
    for driver in ("host", "null"):
        t.docker("network", "create", "-d", driver, t.word()).fails(f'Error response from daemon: only one instance of "{driver}" network is allowed')


@case("a network of one's own is made, or refused by name")
def _(t):
    name = t.word()
    t.later("network", "rm", name)
    told = t.docker("network", "create", name)
    if t.here("own-networks", True):
        told.ok(ID)
        t.docker("network", "rm", name).ok(name)
    else:
        told.fails("Error response from daemon: POST /networks/create is not built yet")
        t.docker("network", "inspect", name).ends(1)


@case("connect and disconnect say what is not there")
def _(t):
    name = t.running()
    for command in ("connect", "disconnect"):
        t.docker("network", command, "stock-nothing", name).fails(MISSING)
        t.docker("network", command, "bridge", "stock-nobody").fails("Error response from daemon: No such container: stock-nobody")


@case("connect and disconnect refuse what cannot be")
def _(t):
    runs, host, none = t.running(), t.running("--network", "host"), t.running("--network", "none")
    words = "Error response from daemon: cannot {} host network - container {} created in host network mode"
    t.docker("network", "connect", "host", runs).fails(t.here("connect-host", words.format("connect container to", "must be")))
    t.docker("network", "disconnect", "host", host).fails(t.here("disconnect-host", words.format("disconnect container from", "was")))
    t.docker("network", "connect", "none", runs).fails(
        "Error response from daemon: container cannot be connected to multiple networks with one of the networks in private (none) mode"
    )
    t.docker("network", "connect", "bridge", host).fails(
        "Error response from daemon: container sharing network namespace with another container or host cannot be connected to any other network"
    )
    t.docker("network", "connect", "bridge", runs).fails(f"Error response from daemon: endpoint with name {runs} already exists in network bridge")
    t.docker("exec", none, "ls", "/sys/class/net").ok("lo")


@case("prune removes none of those that every engine has", alone=True)
def _(t):
    t.docker("network", "prune", "-f").ok("", "")
    t.docker("network", "prune", "--force", "--filter", "until=1h", "--filter", "label=x").ok("", "")
    told = t.docker("network", "prune", stdin=b"n\n")
    t.true("WARNING! This will remove all custom networks not used by at least one container." in told.stdout, told.stdout)
    t.docker("network", "prune", "-f", "--filter", "strange=x").fails(t.here("filter-strange", "Error response from daemon: invalid filter 'strange'"))
    t.docker("network", "prune", "-f", "--filter", "until=x").fails('Error response from daemon: failed to parse value as time or duration: "x"')
    t.same(len(t.docker("network", "ls", "-q", "--filter", "type=builtin").lines), 3, "networks")
