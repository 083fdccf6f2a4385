#!/bin/bash
# Compares BLITZ with NumPy, Bottleneck, SciPy, Numba, OpenCV and PyAV on the same files; prints Markdown.
#   bench/peers/run.sh [--frames N] [--rounds N] [--only WORK] [--blitz PROGRAM]
# Its Python environment and its data lie under the target folder.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
target="${CARGO_TARGET_DIR:-$here/../../target}"
mkdir -p "$target"
target="$(cd "$target" && pwd)"
env="$target/peers"
if [ ! -x "$env/bin/python" ]; then
    python3 -m venv "$env" || { echo "needs Python's venv (Debian: apt install python3-venv)" >&2; exit 2; }
fi
"$env/bin/python" -c "import numpy, bottleneck, scipy, numba, cv2, av" 2>/dev/null \
    || "$env/bin/pip" install --quiet --requirement "$here/requirements.txt"
exec "$env/bin/python" "$here/compare.py" --data "$target/peers-data" --blitz "$target/release/blitz" "$@"
