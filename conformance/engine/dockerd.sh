# How Docker's daemon is started, that of this machine or of another Debian below a directory.

start_engine() {
    set -- dockerd --data-root "$work/root" --exec-root "$work/exec" --pidfile "$work/pid" --config-file "$work/daemon.json" \
        --host "unix://$work/sock" --cgroup-parent "/${work##*/}"
    [ -n "$place" ] || exec "$@"
    # The directory becomes the root of a mount namespace: where it were the root of processes alone, `docker exec` would land outside of it.
    PLACE=$place exec unshare --mount --propagation unchanged sh -euc '
        mount --bind "$PLACE" "$PLACE"
        for directory in proc sys dev tmp; do mount --rbind "/$directory" "$PLACE/$directory"; done
        cd "$PLACE"
        pivot_root . mnt
        exec chroot . sh -euc "umount --lazy /mnt; exec \"\$@\"" sh "$@"
    ' sh "$@"
}

before_the_end() {
    curl --silent --unix-socket "$work/sock" 'http://localhost/containers/json?all=1' | grep -o '"Id":"[0-9a-f]*"' | cut -d'"' -f4 | while read -r id; do
        curl --silent --output "$work/removed" --request DELETE --unix-socket "$work/sock" "http://localhost/containers/$id?force=1&v=1"
    done
}

after_the_end() {
    for mount in $(findmnt --noheadings --raw --output TARGET | grep "^$work/" || :); do umount --lazy "$mount"; done
    # The daemon leaves the directory of its containers, and that of builds in there.
    find /sys/fs/cgroup -depth -maxdepth 4 -type d -path "*/${work##*/}*" -exec rmdir {} +
}
