"""Debian 12's kernel: run, exec, limits, network, volumes and restarts work, or are refused clearly."""


def run(installed, options):
    installed.machine.old_kernel = True
    installed.boot()
    installed.sh("uname -r | grep '^6\\.1\\.'")
    installed.install()
    processes(installed)
    files(installed)
    limits(installed)
    network(installed)
    restarts(installed)
    installed.sh("corten rm -f $(corten ps -aq); corten volume prune -af")
    installed.is_clean()


def processes(installed):
    installed.says("corten run --rm busybox echo heard", "heard")
    installed.sh("corten run -d --name box busybox sleep 9999")
    installed.says("echo typed | corten exec -i box cat", "typed")
    installed.says("corten exec box sh -c 'exit 7'; echo $?", "7")
    installed.sh("corten pause box && corten unpause box && corten top box && corten stats --no-stream box")
    # What the container finds in `/etc` lies on a tmpfs, whose owners this kernel cannot show as others.
    assert "(tmpfs: since Linux 6.3)" in installed.fails("corten run --rm --userns auto busybox id -u")
    installed.sh("corten run --rm --init busybox true")


def files(installed):
    installed.sh("corten cp /etc/hostname box:/copied && corten exec box grep -q machine /copied")
    installed.sh("corten commit box mine && corten run --rm mine grep -q machine /copied")
    installed.sh("corten save -o mine.tar mine && corten rmi mine && corten load -q -i mine.tar && corten run --rm mine true")
    installed.says("corten run --rm -v data:/data busybox sh -c 'echo kept >/data/file'; corten run --rm -v data:/data busybox cat /data/file", "kept")
    installed.says("corten run --rm --read-only --tmpfs /tmp busybox sh -c 'echo x >/tmp/x && cat /tmp/x; (echo y >/y) 2>/dev/null || echo refused'", "x\nrefused")
    installed.sh("mkdir -p shared/below && corten run --rm -v /root/shared:/s:ro busybox sh -c '! touch /s/below/x 2>/dev/null'")


def limits(installed):
    installed.sh("corten run -d --name limited -m 32m --cpus 0.5 --pids-limit 20 busybox sleep 9999")
    installed.sh("corten update -m 64m --memory-swap 64m limited")
    installed.sh("corten run --name greedy -m 16m --memory-swap 16m busybox sh -c 'x=a; while :; do x=$x$x; done'; test $? = 137")
    installed.says("corten inspect -f '{{.State.OOMKilled}}' greedy", "true")


def network(installed):
    served = "while :; do echo answered | nc -l -p 80; done"
    script = f"corten run -d --name web -p 127.0.0.1:8080:80 busybox sh -c '{served}'"
    installed.sh(script)
    asked = "socket.create_connection(('127.0.0.1', 8080), 10).recv(99).decode().strip() or exit(1)"
    # Until somebody listens there.
    script = f'for try in 1 2 3 4 5 6 7 8 9; do python3 -c "import socket; print({asked})" 2>/dev/null && break; sleep 1; done'
    installed.says(script, "answered")
    installed.sh("corten run --rm --network container:web busybox nc -h 2>/dev/null; corten run --rm --link web busybox grep -q web /etc/hosts")


def restarts(installed):
    installed.sh("corten run -d --name comes-back --restart always busybox sleep 9999")
    installed.sh("corten run -d --name ends --restart on-failure:2 busybox sh -c 'exit 3'")
    installed.sh("until corten inspect -f '{{.State.Status}} {{.RestartCount}}' ends | grep -q 'exited 2'; do sleep 0.2; done", 60)
    installed.machine.reboot()
    installed.sh("until corten inspect -f '{{.State.Status}}' comes-back | grep -q running; do sleep 1; done", 120)
