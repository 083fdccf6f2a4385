#!/usr/bin/env bash
# The main job from start to end on the demo recording: scripts/demo.sh PROGRAM OUTPUT-FOLDER
set -eu
blitz=$1
out=$2
recording=$out/recording
mkdir -p "$out"

echo "== the demo recording: growing lightning, 12-bit noise, hot pixels, one broken file"
"$blitz" demo "$recording"

echo; echo "== what is it, and what failed"
"$blitz" info "$recording" --scan --fps 20000 || [ $? -eq 1 ]

# Exit status 1 means: done, but frames failed and are named above. One file is broken on purpose.
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$(mktemp -d)} # the graphics driver asks for it
run() { "$blitz" "$@" --quiet 2>/dev/null || [ $? -eq 1 ]; }

echo; echo "== mean and standard deviation of all frames, as numbers and as pictures"
for method in mean std; do
  run reduce "$method" "$recording" -o "$out/$method.npy" --picture "$out/$method.png" --force
done

echo "== curves of two zones, as a table and as a plot"
run curve "$recording" --fps 20000 --rect "channel=135,60,40,40" --ellipse "corner=10,180,60,50" \
  --stat mean,min,max -o "$out/curves.csv" --plot "$out/curves.png" --force

echo "== the window, drawn without a screen"
run view "$recording" --fps 20000 --screenshot "$out/window.png" --frame 86 --force

echo; echo "In $out:"
(cd "$out" && ls -1sh ./*.npy ./*.png ./*.csv)
head -n 3 "$out/curves.csv"

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  echo; echo "== the window (close it to end)"
  "$blitz" "$recording" --fps 20000
else
  echo; echo "No display: the window was drawn to $out/window.png instead."
fi
