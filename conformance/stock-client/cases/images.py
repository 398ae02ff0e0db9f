"""images, tag, rmi, history, inspect and prune of images."""

import json
import re

from harness.case import group

case = group("images")
NONE = "Error response from daemon: No such image: stock-nothing:latest"
HEAD = ["REPOSITORY", "TAG", "IMAGE", "ID", "CREATED", "SIZE"]


@case("images has its columns, and shows the names that are asked for")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1", f"{name}:2")
    head, *lines = t.docker("images", name).lines
    t.same(head.split(), HEAD, "head")
    short = id.removeprefix("sha256:")[:12]
    t.same(sorted(line.split()[:3] for line in lines), [[name, "1", short], [name, "2", short]], "lines")
    t.true(all(re.search(r" years ago +\d+B *$", line) for line in lines), lines)
    t.same(len(t.docker("image", "ls", f"{name}:2").lines), 2, "lines")
    t.same(t.docker("images", "stock-nothing").lines[0].split(), HEAD, "head")
    t.true(short in t.docker("images", "--all", "-q").lines, "it is among all")


@case("images -q, --no-trunc, --digests")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1")
    t.docker("images", "-q", name).ok(id.removeprefix("sha256:")[:12])
    t.docker("images", "--quiet", "--no-trunc", name).ok(id)
    head, line = t.docker("images", "--digests", name).lines
    t.same(head.split(), [*HEAD[:2], "DIGEST", *HEAD[2:]], "head")
    t.same(line.split()[:4], [name, "1", "<none>", id.removeprefix("sha256:")[:12]], "line")


@case("images --format has Docker's fields")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1")
    fields = ["ID", "Repository", "Tag", "Digest", "CreatedAt", "SharedSize", "UniqueSize", "Containers"]
    template = "|".join("{{." + field + "}}" for field in fields)
    short = id.removeprefix("sha256:")[:12]
    t.docker("images", "--format", template, name).ok(f"{short}|{name}|1|<none>|2024-01-02 03:04:05 +0000 UTC|N/A|N/A|N/A")
    told = json.loads(t.docker("images", "--format", "json", name).ok())
    t.same((told["ID"], told["Repository"], told["Tag"]), (short, name, "1"), "JSON")
    t.docker("images", "--format", "table {{.Repository}}\t{{.Tag}}", name).ok(re.compile(rf"REPOSITORY +TAG\n{name} +1"))


@case("images --filter: label, reference, dangling, before, since")
def _(t):
    label, name = t.word(), t.word()
    old = t.small_image(f"{name}-old:1", labels={label: "a"}, created="2020-01-01T00:00:00Z")
    middle = t.small_image(f"{name}-middle:1", labels={label: "b"}, created="2021-01-01T00:00:00Z")
    none = t.small_image(labels={label: ""}, created="2022-01-01T00:00:00Z")

    def shown(*filters):
        words = [word for text in (f"label={label}", *filters) for word in ("-f", text)]
        listed = t.docker("images", "-q", "--no-trunc", *words)
        t.same(listed.code, 0, "exit code")
        return set(listed.lines)

    t.same(shown(), {old, middle, none}, "label")
    t.same(set(t.docker("images", "-q", "--no-trunc", "--filter", f"label={label}=a").lines), {old}, "label with a value")
    t.same(shown(f"reference={name}-*"), {old, middle}, "reference")
    t.same(shown(f"reference={name}-old:*", f"reference={name}-middle"), {old, middle}, "one reference or another")
    t.same(shown(f"reference={name}"), set(), "reference to none")
    t.same(shown("dangling=true"), {none}, "dangling")
    t.same(shown("dangling=false"), {old, middle}, "not dangling")
    t.same(shown(f"before={name}-middle:1"), {old}, "before")
    t.same(shown(f"since={name}-middle:1"), {none}, "since")


@case("images --filter that makes no sense")
def _(t):
    t.docker("images", "--filter", "strange=x").fails(t.here("filter-strange", "Error response from daemon: invalid filter 'strange'"))
    t.docker("images", "--filter", "dangling=x").fails(t.here("filter-dangling", "Error response from daemon: invalid filter 'dangling=[x]'"))
    t.docker("images", "--filter", "before=stock-nothing").fails(NONE)


@case("images --filter until")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1")
    if not t.here("images-until", True):
        return t.docker("images", "-q", "--filter", "until=1h").fails("Error response from daemon: Invalid filter 'until'")
    t.docker("images", "-q", "--no-trunc", "--filter", "until=1h", name).ok(id)
    t.docker("images", "-q", "--no-trunc", "--filter", "until=2023-01-01", name).ok("")


@case("images --tree shows what is in use")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1")
    told = t.docker("images", "--tree", name)
    if not t.here("images-tree", True):
        return told.fails('"--tree" requires API version 1.47, but the Docker daemon API version is 1.41')
    t.true(f"{name}:1" in told.ok() and id.removeprefix("sha256:")[:12] in told.stdout, told.stdout)


@case("tag gives one more name, and takes it from another")
def _(t):
    one, two, name = t.small_image(), t.small_image(), t.word()
    t.docker("tag", one, f"{name}:new").ok("", "")
    t.same(t.inspect(one, ".RepoTags"), [f"{name}:new"], "names")
    t.docker("image", "tag", two, f"{name}:new").ok("", "")
    t.same((t.inspect(one, ".RepoTags"), t.inspect(two, ".RepoTags")), ([], [f"{name}:new"]), "names")
    t.docker("tag", one.removeprefix("sha256:")[:12], name).ok()
    t.same(t.inspect(one, ".RepoTags"), [f"{name}:latest"], "a name without a tag")


@case("tag refuses what is no name, and an image that is not there")
def _(t):
    t.docker("tag", "stock-nothing", "x:1").fails(NONE)
    refused = 'Error parsing reference: "{name}" is not a valid repository/tag: invalid reference format'
    id = t.small_image()
    t.docker("tag", id, "a b").fails(refused.format(name="a b"))
    t.docker("tag", id, "UPPER").fails(refused.format(name="UPPER") + ": repository name (library/UPPER) must be lowercase")
    t.same(t.docker("tag", id, f"{t.word()}@sha256:{'0' * 64}").code, 1, "exit code for a digest")


@case("rmi takes a name away, and with the last one the image")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1", f"{name}:2")
    layer = t.inspect(id, ".RootFS.Layers")[0]
    t.docker("rmi", f"{name}:1").ok(f"Untagged: {name}:1", "")
    t.same(t.inspect(id, ".RepoTags"), [f"{name}:2"], "names")
    t.docker("image", "rm", f"{name}:2").ok(f"Untagged: {name}:2\nDeleted: {id}\nDeleted: {layer}")
    t.gone(id)


@case("rmi by id wants to be forced where there are several names")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}-a:1", f"{name}-b:1")
    short = id.removeprefix("sha256:")[:12]
    t.docker("rmi", short).fails(
        f"Error response from daemon: conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories"
    )
    told = t.docker("rmi", "-f", short).ok().split("\n")
    t.same(sorted(told[:2]), [f"Untagged: {name}-a:1", f"Untagged: {name}-b:1"], "names")
    t.same(told[2], f"Deleted: {id}", "image")
    t.gone(id)


@case("rmi of an image that a container has")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1")
    short = id.removeprefix("sha256:")[:12]
    holder = t.name()
    container = t.docker("create", "--name", holder, f"{name}:1").ok()
    t.docker("rmi", f"{name}:1").fails(
        f'Error response from daemon: conflict: unable to remove repository reference "{name}:1" (must force) - container {container[:12]} is using its referenced image {short}'
    )
    t.docker("rmi", id).fails(
        f"Error response from daemon: conflict: unable to delete {short} (must be forced) - image is being used by stopped container {container[:12]}"
    )
    t.docker("rmi", "--force", f"{name}:1").ok(f"Untagged: {name}:1\nDeleted: {id}")
    t.gone(id)
    t.same(t.inspect(holder, ".Image"), id, "image of the container")
    t.docker("start", holder).ends(1)
    t.docker("rm", holder).ok(holder)


@case("rmi --no-prune removes an image without a name")
def _(t):
    id = t.small_image()
    t.true(f"Deleted: {id}" in t.docker("rmi", "--no-prune", id).ok().split("\n"), "it is told")
    t.gone(id)


@case("rmi of an image that runs cannot be forced")
def _(t):
    name = t.running()
    id = t.inspect(name, ".Image")
    told = t.docker("rmi", "-f", id)
    told.fails(
        f"Error response from daemon: conflict: unable to delete {id.removeprefix('sha256:')[:12]} (cannot be forced) - image is being used by running container {t.inspect(name, '.Id')[:12]}"
    )
    t.docker("image", "inspect", t.image).ok()


@case("rmi of several goes on after one that is not there")
def _(t):
    one, two = t.small_image(), t.small_image()
    t.docker("rmi", one, "stock-nothing", two).fails(NONE)
    t.gone(one)
    t.gone(two)
    t.docker("rmi", "-f", "stock-nothing").ends(0, "", NONE)


@case("--platform of load, save, inspect, history and rmi")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1", machine="arm64")
    if not t.here("image-platform", True):
        told = t.docker("image", "inspect", "--platform", "linux/arm64", id)
        return told.fails('"--platform" requires API version 1.49, but the Docker daemon API version is 1.41')
    archive = t.docker("save", "--platform", "linux/arm64", f"{name}:1").ends(0).raw
    t.docker("image", "inspect", "--platform", "linux/arm64", "-f", "{{.Architecture}}", id).ok("arm64")
    t.same(len(t.docker("history", "--platform", "linux/arm64", "-q", id).lines), 1, "lines")
    other = "image with reference {} was found but does not provide the specified platform (linux/s390x)"
    for words in (("image", "inspect"), ("history",), ("save",)):
        t.docker(*words, "--platform", "linux/s390x", f"{name}:1").fails(re.compile(r"Error response from daemon: .*" + re.escape(other.format(f"{name}:1"))))
    t.docker("rmi", "--platform", "linux/arm64", f"{name}:1").ok()
    t.gone(id)
    t.same(t.docker("load", "--platform", "linux/s390x", stdin=archive).code, 1, "exit code")
    t.docker("load", "--platform", "linux/arm64", stdin=archive).ok(f"Loaded image: {name}:1")


@case("history tells the steps, newest first")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1", layers=2)
    head, *lines = t.docker("history", name + ":1").lines
    t.same(head.split(), ["IMAGE", "CREATED", "CREATED", "BY", "SIZE", "COMMENT"], "head")
    short = id.removeprefix("sha256:")[:12]
    t.same([re.split(r"  +", line.strip())[::2] for line in lines], [[short, "packed by hand", "one layer"], ["<missing>", "packed by hand", "one layer"]], "lines")
    t.docker("history", "-q", id).ok(f"{short}\n<missing>")
    t.docker("image", "history", "--quiet", "--no-trunc", id).ok(f"{id}\n<missing>")
    t.docker("history", "-H=false", "--format", "{{.CreatedAt}} {{.Size}}", id).ok(re.compile(r"(2024-01-02T03:04:05Z \d+\n?){2}"))
    t.same(json.loads(t.docker("history", "--format", "json", id).lines[0])["CreatedBy"], "packed by hand", "JSON")
    t.docker("history", "stock-nothing").fails(NONE)


@case("inspect has the fields that tools read, with the types that they expect")
def _(t):
    name = t.word()
    id = t.small_image(f"{name}:1", labels={"k": "v"})
    told = json.loads(t.docker("image", "inspect", f"{name}:1").ok())[0]
    t.has(told, {
        "Id": str, "RepoTags": list, "RepoDigests": list, "Parent": str, "Comment": str, "Created": str, "DockerVersion": str, "Author": str,
        "Architecture": str, "Os": str, "Size": int, "GraphDriver.Name": str, "GraphDriver.Data": dict, "RootFS.Type": str, "RootFS.Layers": list,
        "Metadata.LastTagTime": str, "Config.Env": list, "Config.Cmd": list, "Config.Labels": dict, "Config.Entrypoint": type(None),
        "Config.Volumes": type(None), "Config.WorkingDir": str, "Config.User": str, "Config.OnBuild": type(None),
    })
    t.same((told["Id"], told["RepoTags"], told["RepoDigests"], told["Created"]), (id, [f"{name}:1"], [], "2024-01-02T03:04:05Z"), "values")
    t.same((told["Config"]["Labels"], told["Comment"], told["Os"]), ({"k": "v"}, "one layer", "linux"), "values")


@case("inspect: several, their templates, and what is not there")
def _(t):
    one, two = t.small_image(), t.small_image()
    t.docker("image", "inspect", "-f", "{{.Id}}", one, two[7:20]).ok(f"{one}\n{two}")
    told = t.docker("image", "inspect", "--format", "{{.Id}}", one, "stock-nothing")
    told.fails(t.here("image-inspect-nothing", "Error response from daemon: No such image: stock-nothing:latest"), stdout=one)
    t.docker("image", "inspect", "stock-nothing").ends(1, "[]")


@case("prune removes what has no name, and is filtered", alone=True)
def _(t):
    label, name = t.word(), t.word()
    named, none, other = t.small_image(f"{name}:1", labels={label: ""}), t.small_image(labels={label: ""}), t.small_image()
    layer = t.inspect(none, ".RootFS.Layers")[0]
    told = t.docker("image", "prune", "-f", "--filter", f"label={label}")
    told.ok(re.compile(rf"Deleted Images:\n(untagged: .*\n)?deleted: {none}\ndeleted: {layer}\n\nTotal reclaimed space: \S+B"))
    t.gone(none)
    t.docker("image", "inspect", named, other).ok()
    t.docker("image", "prune", "--force", "--filter", f"label!={label}", "--filter", "until=2023-01-01T00:00:00").ok("Total reclaimed space: 0B")
    told = t.docker("image", "prune", stdin=b"n\n")
    t.true("WARNING! This will remove all dangling images.\nAre you sure you want to continue? [y/N] " in told.stdout, told.stdout)
    t.docker("image", "inspect", other).ok()
    told = t.docker("image", "prune", stdin=b"y\n")
    t.true(f"deleted: {other}" in told.ok(), told.stdout)
    t.gone(other)


@case("prune -a removes what no container has", alone=True)
def _(t):
    label, name = t.word(), t.word()
    free, held = t.small_image(f"{name}-free:1", labels={label: "x"}), t.small_image(f"{name}-held:1", labels={label: "x"})
    t.docker("create", "--name", t.name(), held).ok()
    told = t.docker("image", "prune", "-a", "-f", "--filter", f"label={label}=x").ok()
    t.true(told.startswith(f"Deleted Images:\nuntagged: {name}-free:1\ndeleted: {free}\n"), told)
    t.gone(free)
    t.docker("image", "inspect", held).ok()
    told = t.docker("image", "prune", "--all", stdin=b"n\n")
    t.true("WARNING! This will remove all images without at least one container associated to them." in told.stdout, told.stdout)
    t.docker("image", "prune", "-f", "--filter", "strange=x").fails(t.here("filter-strange", "Error response from daemon: invalid filter 'strange'"))
    t.docker("image", "prune", "-f", "--filter", "until=x").fails('Error response from daemon: failed to parse value as time or duration: "x"')
