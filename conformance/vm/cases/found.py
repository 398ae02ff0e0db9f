#!/usr/bin/env python3
"""Runs in the machine: tells what there is of containers, images and volumes, as JSON: facts by key.

    found.py PREFIX    # images whose name begins with PREFIX are run, to see what is in them
"""

import json
import pathlib
import subprocess
import sys

LOST = 255
VOLUMES = pathlib.Path("/var/lib/corten/volumes")


def corten(*arguments):
    return subprocess.run(["corten", *arguments], check=True, capture_output=True, text=True).stdout


def lines(*arguments):
    return corten(*arguments).split()


def containers():
    ids = lines("ps", "-aq", "--no-trunc")
    for document in json.loads(corten("inspect", *ids)) if ids else []:
        state, host = document["State"], document["HostConfig"]
        facts = {"exists": True, "runs": state["Running"], "policy": host["RestartPolicy"]["Name"], "memory": host["Memory"]}
        # An exit code of the last seconds is not promised: 255 is that of who was lost with the machine.
        if state["Status"] == "exited" and state["ExitCode"] != LOST:
            facts["code"] = state["ExitCode"]
        yield f"container{document['Name']}", facts


def images(prefix):
    for name in lines("images", "--format", "{{.Repository}}"):
        if name in ("<none>", "busybox"):
            continue
        facts = {"exists": True}
        if name.startswith(prefix):
            facts["content"] = corten("run", "--rm", name, "cat", "/content")
        yield f"image/{name}", facts


def volumes():
    for name in lines("volume", "ls", "-q"):
        content = VOLUMES / name / "_data" / "content"
        yield f"volume/{name}", {"exists": True, **({"content": content.read_text().strip()} if content.exists() else {})}


print(json.dumps({**dict(containers()), **dict(images(sys.argv[1])), **dict(volumes())}))
