"""A worker that sorts what it is sent: files go in and out, lines go through its stdin, and what happened to it is read from logs, stats and events."""

import io
import sys
import tarfile
import threading

import docker

IMAGE = "alpine:3.20"
NAME = "program-docker-py"
WORK = "cat /srv/header; sort; echo sorted >/srv/done; echo 'no more' >&2; exit 3"


def main():
    client = docker.from_env()
    client.images.pull(IMAGE)
    seen, watcher = watch(client)
    container = client.containers.create(
        IMAGE, ["sh", "-c", WORK], name=NAME, stdin_open=True, labels={"program": "docker-py"}, mem_limit="64m", network_mode="none"
    )
    try:
        container.put_archive("/srv", archive("header", b"names:\n"))
        work(client, container)
        watcher.join(20)
        assert seen == ["create", "start", "die"], seen
    finally:
        container.remove(force=True)
    absent(client)
    client.close()


def work(client, container):
    stdin = container.attach_socket(params={"stdin": 1, "stream": 1})
    container.start()
    usage(container)
    stdin._sock.sendall(b"pear\napple\n")
    stdin._sock.shutdown(1)
    ended = container.wait(timeout=20)
    assert ended["StatusCode"] == 3, ended
    assert container.logs(stdout=True, stderr=False) == b"names:\napple\npear\n"
    assert container.logs(stdout=False, stderr=True, timestamps=True).rstrip().endswith(b"Z no more")
    assert taken(container, "/srv/done") == b"sorted\n"
    assert {"Path": "/srv/done", "Kind": 1} in container.diff()
    image = container.commit("program-docker-py", "made", changes=['CMD ["cat", "/srv/done"]'])
    try:
        assert client.containers.run(image.id, remove=True, network_mode="none") == b"sorted\n"
    finally:
        client.images.remove(image.id)


def usage(container):
    """Once, and as a stream with what came before."""
    once = container.stats(stream=False)
    assert once["memory_stats"]["limit"] == 64 << 20, once["memory_stats"]
    stream = container.stats(decode=True)
    numbers = next(stream)
    assert numbers["name"] == f"/{NAME}" and numbers["pids_stats"]["current"] >= 1, numbers
    code, output = container.exec_run(["sh", "-c", "echo out; echo err >&2; exit 4"], demux=True)
    assert (code, output) == (4, (b"out\n", b"err\n")), (code, output)


def watch(client):
    """What happens to the container, until it has ended."""
    seen = []
    events = client.events(decode=True, filters={"container": NAME, "event": ["create", "start", "die"]})

    def read():
        for event in events:
            seen.append(event["Action"])
            if event["Action"] == "die":
                events.close()
                return

    watcher = threading.Thread(target=read, daemon=True)
    watcher.start()
    return seen, watcher


def archive(name, content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def taken(container, path):
    chunks, described = container.get_archive(path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        assert described["size"] == tar.getmembers()[0].size, described
        return tar.extractfile(tar.getmembers()[0]).read()


def absent(client):
    try:
        client.containers.get(NAME)
    except docker.errors.NotFound:
        return
    raise AssertionError(f"{NAME} is still there")


if __name__ == "__main__":
    sys.exit(main())
