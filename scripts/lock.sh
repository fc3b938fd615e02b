#!/bin/sh
# Remakes the lock files from pyproject.toml. Usage: lock.sh BIN_DIRECTORY [uv options such as --upgrade]
# Versions already locked stay as they are unless --upgrade is given.
set -eu

bin=$1
shift

[ -x "$bin/uv" ] || "$bin/pip" install --quiet uv

compile() {
    UV_CUSTOM_COMPILE_COMMAND="make lock" "$bin/uv" pip compile --quiet --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-emit-find-links --only-binary :all: "$@"
}

compile "$@" pyproject.toml --output-file requirements.lock
# PySpark is published as source only; nothing in it is compiled.
compile "$@" pyproject.toml --no-binary pyspark --extra otel --extra audit --extra spark --group dev --constraint requirements.lock --output-file requirements-dev.lock
compile "$@" --group build --constraint requirements-dev.lock --output-file requirements-build.lock
compile "$@" --group sbom --constraint requirements-dev.lock --output-file requirements-sbom.lock

if grep -nE '://|^ *--(index|extra-index|find-links|trusted-host)' requirements*.lock; then
    echo "A lock file names an index or a URL (lines above)." >&2
    echo "What to do: unset the index settings of uv (UV_INDEX_URL, UV_EXTRA_INDEX_URL, uv.toml) and run make lock again." >&2
    exit 1
fi
