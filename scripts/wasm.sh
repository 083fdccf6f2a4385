#!/usr/bin/env bash
# Checks that the window and all below it compile for a browser. Takes the target of rustup where it is installed, and
# otherwise Debian's compiler for the web (packages rustc-web, cargo-web and rust-web-src), which builds the standard
# library itself.
set -eu
cd "$(dirname "$0")/.."
target=wasm32-unknown-unknown
if [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
  exec cargo check --target "$target" -p blitz-app
fi
if ! dpkg-query -W -f='${Status}' rust-web-src 2>/dev/null | grep -q "install ok installed"; then
  echo "run: rustup target add $target" >&2
  echo "or, on Debian: apt-get install rustc-web cargo-web rust-web-src" >&2
  exit 1
fi
export RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/web
exec /usr/bin/cargo check --target "$target" -Zbuild-std=std,panic_abort -p blitz-app
