#!/usr/bin/env python3
"""Runs in the machine whose power is cut: changes containers, images and volumes, and says of each change that it begins and that it is done.

    load.py ROUND SEED WORKERS KIND

KIND `all` makes images, too, which puts everything on the disk again and again; `quiet` does not, so that each change has to see to itself.

A line of output is `begin KEY JSON` or `done KEY JSON`; what somebody has read as done was promised to a user.
"""

import io
import json
import os
import random
import subprocess
import sys
import tarfile
import threading

BASE = "busybox"
SPEAK = threading.Lock()


def say(word, key, change):
    """One line, at once."""
    with SPEAK:
        os.write(1, f"{word} {key} {json.dumps(change)}\n".encode())


class Worker(threading.Thread):
    """Owns the objects that it makes, so that nobody else changes them."""

    def __init__(self, round_number, seed, number, kind):
        super().__init__(daemon=True)
        self.random = random.Random(f"{seed} {round_number} {number}")
        self.prefix, self.count = f"r{round_number}w{number}", 0
        # Every second one goes without the daemon.
        self.corten = ["corten"] if number % 2 == 0 else ["corten", "--root", "/var/lib/corten", "--run-root", "/run/corten"]
        self.containers, self.images, self.volumes = [], [], []
        self.operations = [
            self.create, self.keep_running, self.run_to_the_end, self.stop, self.remove, self.rename, self.update, self.copy,
            self.make_volume, self.remove_volume,
        ]  # fmt: skip
        if kind == "all":
            self.operations += [self.commit, self.load, self.remove_image, self.tag, self.write_to_volume]

    def run(self):
        while True:
            self.random.choice(self.operations)()

    def name(self):
        self.count += 1
        return f"{self.prefix}n{self.count}"

    def call(self, *arguments, stdin=None):
        done = subprocess.run([*self.corten, *arguments], input=stdin, capture_output=True)
        return done.returncode, done.stdout

    def change(self, key, value, *arguments, stdin=None, code=0):
        """One command, and what holds of the object once it has succeeded."""
        say("begin", key, value)
        ended, output = self.call(*arguments, stdin=stdin)
        if ended != code:
            say("failed", key, {"command": arguments, "code": ended, "output": output.decode(errors="replace")})
            return False
        say("done", key, value)
        return True

    def create(self):
        name = self.name()
        if self.change(f"container/{name}", {"exists": True, "runs": False}, "create", "--name", name, BASE, "sleep", "9999"):
            self.containers.append(name)

    def keep_running(self):
        name, policy = self.name(), self.random.choice(["always", "unless-stopped", "no"])
        value = {"exists": True, "runs": policy != "no", "policy": policy}
        command = ["run", "-d", "--name", name, "--restart", policy, BASE, "sleep", "9999"]
        if self.change(f"container/{name}", value, *command):
            self.containers.append(name)

    def run_to_the_end(self):
        name, code = self.name(), self.random.choice([0, 3, 77])
        value = {"exists": True, "runs": False, "code": code}
        command = ["run", "--name", name, BASE, "sh", "-c", f"echo said; exit {code}"]
        if self.change(f"container/{name}", value, *command, code=code):
            self.containers.append(name)

    def stop(self):
        if not self.containers:
            return
        name = self.random.choice(self.containers)
        # With `always` it comes back with a boot.
        self.change(f"container/{name}", {"stopped": True}, "stop", "-t", "0", name)

    def remove(self):
        if len(self.containers) > 3:
            name = self.containers.pop(self.random.randrange(len(self.containers)))
            self.change(f"container/{name}", {"exists": None}, "rm", "-f", name)

    def rename(self):
        if self.containers:
            at = self.random.randrange(len(self.containers))
            old, new = self.containers[at], self.name()
            say("begin", f"container/{new}", {"renamed": old})
            if self.change(f"container/{old}", {"renamed": new}, "rename", old, new):
                self.containers[at] = new

    def update(self):
        if self.containers:
            name, limit = self.random.choice(self.containers), self.random.randrange(16, 64) << 20
            self.change(f"container/{name}", {"memory": limit}, "update", "--memory", str(limit), "--memory-swap", "-1", name)

    def commit(self):
        if not self.containers:
            return
        source, image, content = self.random.choice(self.containers), self.name(), f"{self.random.random()}"
        self.call("cp", "-", f"{source}:/", stdin=_archive("content", content))
        if self.change(f"image/{image}", {"exists": True, "content": content}, "commit", source, image):
            self.images.append(image)

    def load(self):
        if not self.images:
            return
        image = self.random.choice(self.images)
        code, archive = self.call("save", image)
        if code == 0 and self.change(f"image/{image}", {"exists": False}, "rmi", "-f", image):
            if not self.change(f"image/{image}", {"exists": True}, "load", stdin=archive):
                self.images.remove(image)

    def remove_image(self):
        if len(self.images) > 2:
            image = self.images.pop(self.random.randrange(len(self.images)))
            self.change(f"image/{image}", {"exists": False}, "rmi", "-f", image)

    def tag(self):
        if self.images:
            image = self.name()
            if self.change(f"image/{image}", {"exists": True}, "tag", self.random.choice(self.images), image):
                self.images.append(image)

    def copy(self):
        if self.containers:
            self.call("cp", "/etc/services", f"{self.random.choice(self.containers)}:/services")

    def make_volume(self):
        name = self.name()
        if self.change(f"volume/{name}", {"exists": True}, "volume", "create", name):
            self.volumes.append(name)

    def write_to_volume(self):
        if self.volumes:
            volume, content = self.random.choice(self.volumes), f"{self.random.random()}"
            script = f"echo {content} >/data/new && mv /data/new /data/content && sync"
            value = {"content": content}
            self.change(f"volume/{volume}", value, "run", "--rm", "-v", f"{volume}:/data", BASE, "sh", "-c", script)

    def remove_volume(self):
        if len(self.volumes) > 2:
            volume = self.volumes.pop(self.random.randrange(len(self.volumes)))
            self.change(f"volume/{volume}", {"exists": None}, "volume", "rm", volume)


def _archive(name, content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content.encode()))
    return out.getvalue()


def main():
    round_number, seed, workers = (int(word) for word in sys.argv[1:4])
    threads = [Worker(round_number, seed, number, sys.argv[4]) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
