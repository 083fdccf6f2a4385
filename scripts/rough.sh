#!/bin/sh
# Goes through a folder of rough inputs, compares with the arrays beside the files, prints a table, and fails on any
# difference: scripts/rough.sh DIR
set -eu
[ $# -eq 1 ] || { echo "usage: scripts/rough.sh DIR" >&2; exit 2; }
BLITZ_ROUGH=$(realpath "$1") cargo test -q -p blitz-cli --test rough -- --nocapture
