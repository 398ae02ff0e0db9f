"""`system install` under a running systemd: units, group, socket activation, readiness, completion, plugins of Docker's client, uninstall."""

COMPOSE = """services:
  web:
    image: busybox
    command: sleep 999
    {network}
"""

# What bash does when somebody presses tab after `corten ru`.
COMPLETES = """. /usr/share/bash-completion/bash_completion
_comp_load corten
COMP_WORDS=(corten ru) COMP_CWORD=1 COMP_LINE='corten ru' COMP_POINT=9
$(complete -p corten | sed 's/.* -F \\([^ ]*\\) .*/\\1/') corten ru corten
echo "${COMPREPLY[@]}"
"""


def run(installed, options):
    installed.boot()
    units_and_group(installed)
    the_group_reaches_the_socket(installed, options)
    containers_outlive_the_daemon(installed)
    completions(installed)
    plugins(installed)
    nothing_stays(installed)


def units_and_group(installed):
    installed.install()
    # `Type=notify`: it counts as active once clients are served.
    installed.says("systemctl show -P Type,ActiveState corten.service", "notify\nactive")
    installed.says("systemctl is-active corten.socket", "active")
    installed.says("systemctl show -P Result corten-boot.service", "success")
    assert installed.sh("corten system install").startswith("everything is there")
    installed.says("stat -c '%a %U:%G' /run/corten/corten.sock", "660 root:corten")
    # A client starts the daemon, and waits for it.
    installed.sh("systemctl stop corten.service")
    installed.says("corten version --format '{{.Server.APIVersion}}'; systemctl is-active corten.service", "1.51\nactive")
    installed.sh("systemctl reload corten.service && systemctl restart corten.service && corten ps")


def the_group_reaches_the_socket(installed, options):
    installed.machine.put(options.client, "/usr/local/bin/docker")
    installed.sh("useradd -G corten member; useradd stranger")
    docker = "docker -H unix:///run/corten/corten.sock"
    installed.says(f"su member -c 'corten run --rm busybox id -u; {docker} run --rm busybox id -u'", "0\n0")
    for command in ("corten ps", f"{docker} ps"):
        refused = installed.fails(f"su stranger -c '{command}'")
        assert "permission denied while trying to connect" in refused, refused


def containers_outlive_the_daemon(installed):
    installed.sh("corten run -d --name lives --restart always busybox sleep 9999")
    before = installed.sh("corten inspect -f '{{.State.Pid}} {{.State.StartedAt}}' lives")
    installed.sh("systemctl kill -s KILL corten.service; systemctl stop corten.service corten.socket")
    installed.says("corten --root /var/lib/corten inspect -f '{{.State.Pid}} {{.State.StartedAt}}' lives", before)
    installed.sh("systemctl start corten.socket")
    installed.says("corten inspect -f '{{.State.Pid}} {{.State.StartedAt}}' lives", before)
    installed.sh("corten rm -f lives")


def completions(installed):
    installed.machine.write(COMPLETES, "completes.sh")
    installed.says("bash completes.sh", "run")


def plugins(installed):
    """Debian's docker-compose and docker-buildx, run by our program under Docker's name."""
    installed.sh("ln -sf /usr/local/bin/corten /usr/local/bin/docker; mkdir -p project")
    assert "Docker Compose version" in installed.sh("docker compose version")
    assert "buildx" in installed.sh("docker buildx version")
    for network in ("network_mode: bridge", "network_mode: host"):
        installed.machine.write(COMPOSE.format(network=network), "project/compose.yaml")
        installed.sh("cd project && docker compose up -d")
        installed.says("cd project && docker compose exec web echo heard", "heard")
        installed.sh("cd project && docker compose down -t 0")
    installed.says("docker ps -aq", "")


def nothing_stays(installed):
    installed.sh("corten run -d --name stays busybox sleep 9999")
    installed.sh("corten system uninstall")
    installed.says("ls /etc/systemd/system/corten* /usr/local/share/bash-completion/completions/corten 2>/dev/null || true", "")
    installed.says("systemctl list-unit-files --no-legend 'corten*' | grep -v scope || true", "")
    installed.says("getent group corten || echo none", "none")
    # Containers go on, without a daemon.
    installed.says("corten inspect -f '{{.State.Running}}' stays", "true")
    installed.sh("corten rm -f stays")
    installed.is_clean()
