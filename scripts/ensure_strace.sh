#!/bin/sh
# Makes sure that strace is there, with which a test shows that feedback is on the disk before it is acknowledged.
# With --find it only looks and installs nothing.
set -eu

if command -v strace; then
    exit 0
fi

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

if [ "${1:-}" != --find ] && command -v apt-get >/dev/null 2>&1; then
    echo "No strace found: installing the Debian package strace." >&2
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace >&2 &&
        command -v strace; then
        exit 0
    fi
fi

cat >&2 <<LETTER
No strace: it is not in PATH.
What to do: install it (Debian: apt-get install strace; Fedora: dnf install strace; Arch: pacman -S strace).
Without it the tests in tests/store/test_durable.py fail; the others run.
LETTER
exit 1
