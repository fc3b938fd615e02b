#!/bin/sh
# Makes sure that a Chromium for the browser tests is there, and prints its path.
# With --find it only looks and installs nothing. IGRT_CDS_BROWSER names a binary to use instead of looking.
set -eu

names="chromium chromium-browser google-chrome google-chrome-stable"

find_browser() {
    if [ -n "${IGRT_CDS_BROWSER:-}" ]; then
        command -v "$IGRT_CDS_BROWSER"
        return
    fi
    for name in $names; do
        if command -v "$name"; then
            return
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" -eq 0 ] && return 0
    command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1
}

if find_browser; then
    exit 0
fi

if [ "${1:-}" != --find ] && [ -z "${IGRT_CDS_BROWSER:-}" ] && can_install; then
    echo "No browser found: installing the Debian package chromium for the browser tests." >&2
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2 &&
        find_browser; then
        exit 0
    fi
fi

cat >&2 <<LETTER
No browser for the browser tests: ${IGRT_CDS_BROWSER:-none of $names is in PATH}.
What to do: install Chromium (Debian: apt-get install chromium; Fedora: dnf install chromium;
Arch: pacman -S chromium), or name a Chromium or Chrome binary: IGRT_CDS_BROWSER=/path/to/chromium.
Without it every test marked "browser" fails; the others run: pytest -m "not browser".
LETTER
exit 1
