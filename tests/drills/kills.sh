#!/usr/bin/env bash
# 100 kills of worker processes at random times within 120 s, while 600 are installed and a file of 40,000 rows is
# imported: all of it is done, and once. On both pairings, one after the other; prints how it went.
#
#   tests/drills/kills.sh                       as above, 5 to 20 minutes
#   DRILL_KILLS=200 tests/drills/kills.sh       more of something: DRILL_KILLS, DRILL_SECONDS,
#                                               DRILL_INSTALLATIONS, DRILL_ROWS
#   tests/drills/kills.sh scaled                one pairing: embedded or scaled
set -euo pipefail
cd "$(dirname "$0")/../.."

export DRILL_KILLS=${DRILL_KILLS:-100} DRILL_SECONDS=${DRILL_SECONDS:-120}
export DRILL_INSTALLATIONS=${DRILL_INSTALLATIONS:-600} DRILL_ROWS=${DRILL_ROWS:-40000}
exec cargo test --locked --test it "chaos::kills::installations_and_an_import_outlive_random_kills${1:+::$1}" \
    -- --nocapture --test-threads=1
