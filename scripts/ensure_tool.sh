#!/bin/sh
# Makes sure that a tool which tests use is there, and prints its path: strace (shows that feedback is on the disk
# before it is acknowledged), nginx (the proxy of the production shape) or wrk (the load of make bench).
# Usage: ensure_tool.sh TOOL [--find]
# With --find it only looks and installs nothing.
set -eu

tool=$1
case $tool in
    strace) package=strace tests="tests/store/test_durable.py" ;;
    nginx) package=nginx-light tests="tests/operations/test_production.py" ;;
    wrk) package=wrk tests="none; make bench measures without a server" ;;
    *) echo "ensure_tool.sh knows strace, nginx and wrk, not $tool." >&2; exit 2 ;;
esac
PATH=$PATH:/usr/sbin

if command -v "$tool"; then
    exit 0
fi

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Debian starts nginx when it is installed. Where services are managed, that is for the machine's owner to decide.
if [ "$tool" = nginx ] && [ -d /run/systemd/system ]; then
    set -- "$tool" --find
fi

if [ "${2:-}" != --find ] && command -v apt-get >/dev/null 2>&1; then
    echo "No $tool found: installing the Debian package $package." >&2
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >&2 &&
        command -v "$tool"; then
        exit 0
    fi
fi

cat >&2 <<LETTER
No $tool: it is not in PATH.
What to do: install it (Debian: apt-get install $package; Fedora: dnf install $tool; Arch: pacman -S $tool).
Without it the tests in $tests fail; the others run.
LETTER
exit 1
