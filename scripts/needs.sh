# Sourced by the scripts beside it: what a machine lacks is named, shown and installed, once and together.

packages=

# need COMMAND-OR-FILE PACKAGE: remembers PACKAGE where the first is missing.
need() {
    case $1 in
    */*) [ -e "$1" ] && return ;;
    *) command -v "$1" >/dev/null 2>&1 && return ;;
    esac
    packages="$packages $2"
}

# What any build here needs: Rust, and a C compiler for SQLite and for linking.
need_to_build() {
    if ! command -v cargo >/dev/null 2>&1 && [ -x "${HOME:-}/.cargo/bin/cargo" ]; then
        PATH="$HOME/.cargo/bin:$PATH"
    fi
    if ! command -v cargo >/dev/null 2>&1; then
        echo "$0: there is no cargo on the PATH; install Rust, and run this as the user that has it" >&2
        exit 1
    fi
    need cc gcc
    need /usr/include/stdio.h libc6-dev
}

install_needs() {
    [ -z "$packages" ] && return
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "$0: please install what Debian calls$packages, then run this again" >&2
        exit 1
    fi
    echo "installing$packages"
    as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
