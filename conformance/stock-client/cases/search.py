"""search, in a registry that can be searched."""

import re

from harness.case import group

case = group("search")


@case("search tells what the registry has found")
def _(t):
    index = t.registries.index()
    told = t.docker("search", f"{index}/stock").ok().split("\n")
    t.same(told[0].split(), ["NAME", "DESCRIPTION", "STARS", "OFFICIAL"], "head")
    t.same([line.split()[0] for line in told[1:]], ["stock/one", "stock/two", "stock/three"], "names")
    t.true(told[1].rstrip().endswith("[OK]") and "…" in told[1], told[1])
    t.docker("search", "--format", "{{.Name}} {{.StarCount}} {{.IsOfficial}}", "--limit", "1", f"{index}/stock").ok("stock/one 30 [OK]")
    t.true("longer than a column" in t.docker("search", "--no-trunc", f"{index}/one").stdout, "the whole description")
    names = ("search", "--format", "{{.Name}}")
    t.docker(*names, "--filter", "stars=7", f"{index}/stock").ok("stock/one\nstock/two")
    t.docker(*names, "-f", "is-official=true", f"{index}/stock").ok("stock/one")
    t.docker(*names, "-f", "is-official=false", f"{index}/t").ok("stock/two\nstock/three")
    t.docker(*names, f"{index}/nothing").ok("")


@case("search that makes no sense, and where nobody can be asked")
def _(t):
    index = t.registries.index()
    t.docker("search", "--filter", "strange=x", f"{index}/x").fails(t.here("filter-strange", "Error response from daemon: invalid filter 'strange'"))
    t.docker("search", "--filter", "stars=x", f"{index}/x").fails(t.here("search-stars", "Error response from daemon: invalid filter 'stars=x'"))
    t.docker("search", "--limit", "101", f"{index}/x").fails(t.here("search-limit", "Error response from daemon: limit 101 is outside the range of [1, 100]"))
    t.docker("search", f"{t.registries.open()}/x").fails("Error response from daemon: Unexpected status code 404")
    t.docker("search", "127.0.0.1:1/x").fails(re.compile("Error response from daemon: .*connection refused.*", re.S))
