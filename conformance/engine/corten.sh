# How Corten is started, and how nothing is left of it.

export CORTEN_ROOT="$work/root" CORTEN_RUN_ROOT="$work/exec"

# Where the command's own directories are named, nobody's socket is asked.
own() { env --unset=DOCKER_HOST --unset=CORTEN_HOST "$place" "$@"; }

start_engine() {
    exec env --unset=CORTEN_ROOT --unset=CORTEN_RUN_ROOT --unset=DOCKER_HOST "$place" daemon --data-root "$CORTEN_ROOT" \
        --exec-root "$CORTEN_RUN_ROOT" --pidfile "$work/pid" --config-file "$work/daemon.json" --host "unix://$work/sock"
}

before_the_end() {
    own ps --all --quiet --no-trunc | xargs --no-run-if-empty env --unset=DOCKER_HOST "$place" rm --force --volumes >/dev/null
}

after_the_end() {
    own system settle >/dev/null
}
