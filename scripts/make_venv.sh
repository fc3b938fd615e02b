#!/bin/sh
# Makes the virtual environment with the first Python >= 3.11 found. Usage: make_venv.sh DIRECTORY
# PYTHON names an interpreter to use instead.
set -eu

venv=$1

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

chosen=
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3 python}; do
    if new_enough "$candidate"; then
        chosen=$candidate
        break
    fi
done

if [ -z "$chosen" ]; then
    cat >&2 <<LETTER
No Python 3.11 or newer was found (tried: ${PYTHON:-python3.11 to python3.14, python3, python}).
What to do: install Python 3.11 (Debian and Ubuntu: apt-get install python3 python3-venv),
or name an interpreter: make setup PYTHON=/path/to/python3.11
LETTER
    exit 1
fi

if ! "$chosen" -m venv --clear "$venv"; then
    cat >&2 <<LETTER
$chosen could not make the virtual environment $venv.
What to do: where the message above speaks of ensurepip, install Python's venv part
(Debian and Ubuntu: apt-get install python3-venv), then run the command again.
LETTER
    rm -rf "$venv"
    exit 1
fi
