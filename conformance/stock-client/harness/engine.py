"""Which engine answers, for the table of differences."""

import json


class Engine:
    """`corten`, or `docker` with its major version."""

    def __init__(self, version):
        server = version["Server"]
        names = [part["Name"] for part in server.get("Components", [])]
        self.corten = any("corten" in name.lower() for name in [*names, server.get("Platform", {}).get("Name", "")])
        self.version = server["Version"]
        self.name = f"{'corten' if self.corten else 'docker'} {self.version}"

    @classmethod
    def ask(cls, run):
        return cls(json.loads(run("version", "--format", "{{json .}}").ok()))

    def is_one_of(self, words):
        """`corten`, `docker`, or `docker<N` for majors below N; several are separated by commas."""
        return any(self._is(word) for word in words.split(","))

    def _is(self, word):
        if word == "corten":
            return self.corten
        name, _, below = word.partition("<")
        assert name == "docker", word
        return not self.corten and (not below or int(self.version.split(".")[0]) < int(below))
