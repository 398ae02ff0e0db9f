"""After a reboot exactly those containers run that should: with `corten-boot.service` and no daemon, and with the daemon alone."""

import time

ADDRESS = "10.99.0.1"
# An address that is there ten seconds after the network is.
LATE_ADDRESS = f"""[Unit]
Wants=network-online.target
After=network-online.target
[Service]
ExecStart=/bin/sh -c 'sleep 10; ip address add {ADDRESS}/32 dev lo'
[Install]
WantedBy=multi-user.target
"""

# A process that ends the first time and then stays.
ENDS_ONCE = "test -e /ran && exec sleep 9999; touch /ran; exit "
POLICIES = ["no", "on-failure", "always", "unless-stopped"]
# By policy, what of `runs`, `stopped` (by hand), `created` (never started), `done` and `failed` (once, by themselves) runs after a boot.
RUN_AFTERWARDS = {
    "no": [],
    "on-failure": ["runs", "stopped", "failed"],
    "always": ["runs", "stopped", "done", "failed"],
    "unless-stopped": ["runs", "done", "failed"],
}
# How long after the boot of the machine all of them run, in seconds: the slowest waits for the address.
WITHIN = 120


def run(installed, options):
    installed.boot()
    installed.install()
    installed.machine.write(LATE_ADDRESS, "/etc/systemd/system/late-address.service")
    installed.sh(f"systemctl enable -q late-address.service; ip address add {ADDRESS}/32 dev lo")
    make(installed)
    for who, units in (("corten-boot.service", "corten.socket"), ("the daemon", "corten-boot.service")):
        stop_by_hand(installed)
        installed.sh("systemctl enable -q corten.socket corten.service corten-boot.service")
        other = f"{units} corten.service" if who == "corten-boot.service" else units
        installed.sh(f"systemctl disable -q {other}")
        installed.machine.reboot()
        print(f"  {who}: {as_expected(installed):.0f} s after the boot of the kernel, those that should run do", flush=True)


def make(installed):
    """Twenty containers; one needs an address."""
    for policy in POLICIES:
        for state in ("runs", "stopped", "created", "done", "failed"):
            if (policy, state) == ("no", "created"):
                continue
            command = {"done": f"sh -c '{ENDS_ONCE} 0'", "failed": f"sh -c '{ENDS_ONCE} 3'"}.get(state, "sleep 9999")
            verb = "create" if state == "created" else "run -d"
            installed.sh(f"corten {verb} --name {policy}-{state} --restart {policy} busybox {command}")
    published = f"-p {ADDRESS}:8080:80"
    installed.sh(f"corten run -d --name always-address --restart always {published} busybox sleep 9999")
    assert len(installed.sh("corten ps -aq").split()) == 20


def stop_by_hand(installed):
    stopped = " ".join(f"{policy}-stopped" for policy in POLICIES)
    installed.sh(f"corten stop -t 0 {stopped}")


def as_expected(installed):
    """Waits until those run that should, and sees that no others do. Answers how long after the boot that was."""
    wanted = {f"{policy}-{state}" for policy, states in RUN_AFTERWARDS.items() for state in states} | {"always-address"}
    # Without the daemon, and without starting it.
    ask = "corten --root /var/lib/corten --run-root /run/corten ps --format '{{.Names}}'"
    while (running := set(installed.sh(ask).split())) != wanted:
        up = float(installed.sh("cut -d' ' -f1 /proc/uptime"))
        assert up < WITHIN, f"{up:.0f} s after the boot {sorted(wanted - running)} do not run, and {sorted(running - wanted)} do"
        time.sleep(1)
    up = float(installed.sh("cut -d' ' -f1 /proc/uptime"))
    # Nobody comes later.
    installed.sh("systemctl is-active --wait corten-boot.service; corten --root /var/lib/corten --run-root /run/corten system settle || true")
    assert set(installed.sh(ask).split()) == wanted
    installed.sh(f"ss -ltn | grep -q '{ADDRESS}:8080'")
    installed.is_clean()
    return up
