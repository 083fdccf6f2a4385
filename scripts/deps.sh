#!/usr/bin/env bash
# Installs the Debian packages that the window and its tests need and that are missing, and says why.
# Silent when all is there; a hint on systems without apt.
set -eu

need=(
  "mesa-vulkan-drivers:draws the window and its pictures without a graphics card"
  "libvulkan1:finds the graphics driver"
  "libxkbcommon-x11-0:keyboard of the window"
  "libx11-6:the window itself"
  "libx11-xcb1:the window itself"
  "libxcursor1:mouse pointer of the window"
  "libxi6:mouse and keyboard of the window"
  "xvfb:a display without a screen, for the test of the clipboard"
  "pkg-config:finds the libraries below"
  "libavcodec-dev:decodes and encodes video"
  "libavformat-dev:reads and writes video files"
  "libavutil-dev:shared by the video libraries"
  "libswscale-dev:makes RGB of a video's luma and chroma"
  "libturbojpeg0-dev:decodes JPEG"
)
# The smallest libclang of Debian 12; other releases have other numbers, and a package without.
if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
  need+=("libclang1-14:reads the video libraries' headers while building" "libclang-common-14-dev:headers for it")
else
  need+=("libclang-dev:reads the video libraries' headers while building")
fi

command -v cargo >/dev/null || {
  echo "BLITZ is built with Rust 1.95 or newer: install it from https://rustup.rs" >&2
  exit 1
}
command -v cc >/dev/null || need+=("gcc:links the program" "libc6-dev:links the program")

if ! command -v dpkg-query >/dev/null; then
  exit 0 # no Debian: the program says at run time what it misses
fi

missing=()
for entry in "${need[@]}"; do
  package=${entry%%:*}
  if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed"; then
    echo "needed: $package (${entry#*:})"
    missing+=("$package")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

run=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install as root: apt-get install ${missing[*]}" >&2; exit 1; }
  run=(sudo)
fi
echo "installing: ${missing[*]}"
"${run[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
