#!/usr/bin/env bash
# Runs all tests. They start their own Redis and Postgres servers on free ports; other services on this
# machine, including those of the packages, do not matter.
#
#   ./test.sh                          everything: `cargo test`, then the fuzzing
#   ./test.sh fuzz                     only fuzzing, three minutes; see docs/testing.md
#   ./test.sh chaos                    the tests that have "chaos" in their name
#   ./test.sh chaos -- --nocapture     all other arguments are passed to `cargo test`
#   ./test.sh --                       all of `cargo test`, without the fuzzing
set -euo pipefail
cd "$(dirname "$0")"

# Where cargo builds, and the fuzzer is installed.
target=${CARGO_TARGET_DIR:-target}

fail() {
    printf 'test.sh: %s\n' "$1" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null
}

# Debian keeps the programs of each Postgres version outside of PATH.
has_postgres() {
    local folder folders=(/usr/lib/postgresql/*/bin)
    if has postgres; then
        folders+=("$(dirname "$(readlink -f "$(command -v postgres)")")")
    fi
    for folder in "${folders[@]}"; do
        if [[ -x $folder/postgres && -x $folder/initdb && -x $folder/psql ]]; then
            return 0
        fi
    done
    return 1
}

# Debian has Python without the means to make environments.
has_venv() {
    has python3 && python3 -c 'import venv, ensurepip' 2>/dev/null
}

# FreeRADIUS with its way to Postgres, and the client that asks it.
has_radius() {
    has radclient && [[ -x /usr/sbin/freeradius || -x /usr/sbin/radiusd ]] &&
        [[ -e /usr/lib/freeradius/rlm_sql_postgresql.so ]]
}

# The library that gives a process a clock of its own.
has_faketime() {
    local library
    for library in /usr/lib/*/faketime/libfaketime.so.1; do
        [[ -e $library ]] && return 0
    done
    return 1
}

# Fills the array `missing` with the packages of the programs that are not there.
find_missing() {
    missing=()
    if $with_tests; then
        has redis-server || missing+=(redis-server)
        has_postgres || missing+=(postgresql)
        has pdftotext || missing+=(poppler-utils)
        has jq || missing+=(jq)
        has_faketime || missing+=(libfaketime)
        has_radius || missing+=(freeradius freeradius-postgresql freeradius-utils)
    fi
    has_venv || missing+=(python3-venv)
}

install() {
    local as_root=()
    has apt-get || fail "the tests need programs that are not there; please install: $*"
    if ((EUID != 0)); then
        has sudo || fail "not root and no sudo; please run as root: apt-get update && apt-get install $*"
        as_root=(sudo)
    fi
    printf 'test.sh: installing what the tests need: %s\n' "$*"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@"
}

# Makes the fuzzer's Python environment, again when what is in it has changed.
prepare_fuzzer() {
    local wanted=tests/fuzz/requirements.txt
    if cmp --silent "$wanted" "$1/installed"; then
        return
    fi
    printf 'test.sh: installing the fuzzer in %s\n' "$1"
    rm -rf "$1" &&
        python3 -m venv "$1" &&
        "$1/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$wanted" &&
        cp "$wanted" "$1/installed"
}

fuzz() {
    local venv=$target/fuzz-venv
    prepare_fuzzer "$venv" &&
        cargo test --workspace --locked --no-run --quiet && # `cargo build --bin` would build dependencies again
        "$venv/bin/python" tests/fuzz/run.py "$target/debug/switchyard"
}

with_tests=true with_fuzzing=true
if [[ $# == 1 && $1 == fuzz ]]; then
    with_tests=false
elif (($# > 0)); then
    with_fuzzing=false
fi

has cargo || fail 'cargo is missing; install Rust 1.95 or newer, see https://rustup.rs'
has cc || fail 'a C compiler is missing, which some dependencies need; on Debian: apt-get install gcc libc6-dev'
find_missing
if ((${#missing[@]} > 0)); then
    install "${missing[@]}"
    find_missing
    ((${#missing[@]} == 0)) || fail "installed, but still not found: ${missing[*]}"
fi

# A disk that is full fails tests in ways that do not tell of it.
if $with_tests; then
    free=$(df --output=avail -BG . | tail -n 1 | tr -dc '0-9') || free=
    if [[ -n $free ]] && ((free < 12)); then
        printf 'test.sh: only %s GB of disk are free; build and tests take about 10\n' "$free" >&2
    fi
fi

failed=false
if $with_tests; then
    cargo test --workspace --locked --no-fail-fast "$@" || failed=true
fi
if $with_fuzzing; then
    fuzz || failed=true
fi
if $failed; then
    exit 1
fi
