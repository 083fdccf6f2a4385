# BLITZ: few targets, each one command. `make demo` runs the main job, `make test` all checks and tests.

SHELL := /bin/bash
OUT ?= demo-out
TARGET := $(or $(CARGO_TARGET_DIR),target)
# The software Vulkan driver draws the same pixels everywhere: snapshots are made with it.
# Property tests take the same cases in every run; another seed, or none, and PROPTEST_CASES=5000 look further.
PROPTEST_RNG_SEED ?= 20261122
TEST_ENV := WGPU_BACKEND=vulkan PROPTEST_RNG_SEED=$(PROPTEST_RNG_SEED)
CARGO_DENY := $(shell command -v cargo-deny 2>/dev/null)

.PHONY: demo test check torture wasm bench bench-peers deps

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

# What `make test` does in small with fixed seeds, at length and with others: mutations of pictures, arrays and videos,
# truncations, kills, random recipes against a plain model. TORTURE_ROUNDS=20000 TORTURE_SEED=7 look further.
TORTURE_ROUNDS ?= 2000
TORTURE_SEED ?= 2
TORTURE_ENV := $(TEST_ENV) BLITZ_TORTURE_ROUNDS=$(TORTURE_ROUNDS) BLITZ_TORTURE_SEED=$(TORTURE_SEED) \
	BLITZ_FUZZ_ROUNDS=$$(($(TORTURE_ROUNDS) / 10)) BLITZ_FUZZ_SEED=$(TORTURE_SEED) PROPTEST_CASES=$(TORTURE_ROUNDS)
torture: deps
	$(TORTURE_ENV) cargo test --workspace --test video --test jpeg --test corpus --test fuzz_corpus --test cut \
		--test lost_file --test disk_full --test rows --test torture --test disk_cache --test steps --test windows
	$(TORTURE_ENV) cargo test --workspace --test cli -- leftovers bounds

# Checks that the window compiles for a browser; the script says what that needs.
wasm:
	scripts/wasm.sh

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
