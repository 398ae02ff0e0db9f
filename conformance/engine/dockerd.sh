# How Docker's daemon is started, that of this machine or of another Debian below a directory.

start_engine() {
    set -- dockerd --data-root "$work/root" --exec-root "$work/exec" --pidfile "$work/pid" --config-file "$work/daemon.json" \
        --host "unix://$work/sock" --cgroup-parent "/${work##*/}"
    [ -n "$place" ] || exec "$@"
    # It makes its root private, and a root that is no mount cannot be.
    mount --bind "$place" "$place"
    for directory in proc sys dev tmp; do mount --rbind "/$directory" "$place/$directory"; done
    exec chroot "$place" "$@"
}

before_the_end() {
    curl --silent --unix-socket "$work/sock" 'http://localhost/containers/json?all=1' | grep -o '"Id":"[0-9a-f]*"' | cut -d'"' -f4 | while read -r id; do
        curl --silent --output "$work/removed" --request DELETE --unix-socket "$work/sock" "http://localhost/containers/$id?force=1&v=1"
    done
}

after_the_end() {
    for mount in $(findmnt --noheadings --raw --output TARGET | grep "^$work/" || :); do umount --lazy "$mount"; done
    # The daemon leaves the directory of its containers.
    find /sys/fs/cgroup -maxdepth 2 -type d -name "${work##*/}" -exec rmdir {} +
}
