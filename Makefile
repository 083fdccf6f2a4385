# BLITZ: few targets, each one command. `make demo` runs the main job, `make test` all checks and tests.

SHELL := /bin/bash
OUT ?= demo-out
TARGET := $(or $(CARGO_TARGET_DIR),target)
# The software Vulkan driver draws the same pixels everywhere: snapshots are made with it.
# Property tests take the same cases in every run; another seed, or none, and PROPTEST_CASES=5000 look further.
PROPTEST_RNG_SEED ?= 20261122
TEST_ENV := WGPU_BACKEND=vulkan PROPTEST_RNG_SEED=$(PROPTEST_RNG_SEED)
CARGO_DENY := $(shell command -v cargo-deny 2>/dev/null)

.PHONY: demo test check bench bench-peers deps

# Builds the program, writes the demo recording, loads it, reduces it, draws curves and the window's picture;
# with a display it then opens the window.
demo: deps
	cargo build --release
	scripts/demo.sh $(TARGET)/release/blitz $(OUT)

test: check
	$(TEST_ENV) cargo test --workspace --no-fail-fast

check: deps
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	cargo xtask tidy
ifneq ($(CARGO_DENY),)
	cargo deny --offline check licenses bans sources
endif

bench: deps
	cargo build --release
	$(TARGET)/release/blitz bench

# The same work on the same files by NumPy, Bottleneck, SciPy, Numba, OpenCV and PyAV: results as in docs/benchmarks.md.
bench-peers: deps
	cargo build --release
	bench/peers/run.sh

# Installs what is missing of the system's libraries. Silent when all is there.
deps:
	@scripts/deps.sh
