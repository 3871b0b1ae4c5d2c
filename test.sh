#!/usr/bin/env bash
# Runs all tests. They start Redis and Postgres servers of their own on free ports; what else runs
# on this machine, the packages' own services included, neither helps nor harms.
#
#   ./test.sh                          everything
#   ./test.sh chaos                    the tests that have "chaos" in their name
#   ./test.sh chaos -- --nocapture     all arguments are those of `cargo test`
set -euo pipefail
cd "$(dirname "$0")"

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

# Fills the array `missing` with the packages of the servers that are not there.
find_missing() {
    missing=()
    has redis-server || missing+=(redis-server)
    has_postgres || missing+=(postgresql)
}

install() {
    local as_root=()
    has apt-get || fail "the tests need the programs redis-server and postgres; please install them (missing: $*)"
    if ((EUID != 0)); then
        has sudo || fail "not root and no sudo; please run as root: apt-get update && apt-get install $*"
        as_root=(sudo)
    fi
    printf 'test.sh: installing what the tests need: %s\n' "$*"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@"
}

has cargo || fail 'cargo is missing; install Rust 1.95 or newer, see https://rustup.rs'
has cc || fail 'a C compiler is missing, which some dependencies need; on Debian: apt-get install gcc libc6-dev'
find_missing
if ((${#missing[@]} > 0)); then
    install "${missing[@]}"
    find_missing
    ((${#missing[@]} == 0)) || fail "installed, but still not found: ${missing[*]}"
fi

exec cargo test --workspace --locked --no-fail-fast "$@"
