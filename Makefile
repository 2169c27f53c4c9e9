# The project's commands. `make` alone prints them; each does its own set-up, is safe to repeat, and says what it does.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.tools/bin:$(PATH)

WASM := --lib --features hydrate --target wasm32-unknown-unknown
SAY := printf '\033[1m==>\033[0m %s\n'

.PHONY: help run cluster test dev build check rust-test browser-test lighthouse bench soak fuzz fmt clean

help: ## Print this
	@echo 'Orderwire: make <command>'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: build ## Build, and serve the demo at 127.0.0.1:3000
	@target/release/orderwire --demo

cluster: build setup-cluster ## Serve the demo from three instances behind nginx, with PostgreSQL and Redis
	@tools/cluster

test: check rust-test browser-test ## Format, lints, Rust tests, browser tests
	@$(SAY) 'All is well'

dev: setup-build ## Serve the demo, and reload on save
	@$(SAY) 'Building for development (about 4 minutes the first time)'
	@ORDERWIRE_DEMO=true LEPTOS_SITE_ROOT=target/dev-site cargo leptos watch

build: target/.built ## Build the release of both sides: target/release/orderwire and target/site

# cargo-leptos makes the site anew each time that it is asked, so it is asked only where something has changed.
target/.built: $(shell find src style public migrations .cargo tools/versions tools/wasm-opt.mjs Cargo.toml Cargo.lock -type f) | setup-build
	@$(SAY) 'Building the release of both sides (about 8 minutes the first time)'
	@cargo leptos build --release --precompress
	@touch $@

check: setup-build ## Format and lints, for the server and the browser
	@$(SAY) 'Format'
	@cargo fmt --check || { echo "run 'make fmt'" >&2; exit 1; }
	@$(SAY) 'Lints: server (about 2 minutes the first time)'
	@cargo clippy --quiet --all-targets --features ssr -- -D warnings
	@$(SAY) 'Lints: browser (about 1 minute the first time)'
	@cargo clippy --quiet $(WASM) -- -D warnings

# Not in release: the tests' own dependencies change what the program is built with, and each would undo the other's build.
rust-test: setup-build setup-browser setup-clients setup-cluster ## Rust tests, against the real program
	@$(SAY) 'Rust tests (about 7 minutes the first time)'
	@cargo test --features ssr

browser-test: build setup-browser setup-cluster ## Browser tests, against the release build
	@$(SAY) 'Browser tests (about 4 minutes)'
	@npm --prefix end2end test

lighthouse: build setup-browser ## Lighthouse's scores of each page, and how long it takes to come alive
	@npm --prefix end2end run lighthouse

bench: build ## Measure one event to 5,000 streams, beside axum's Sse over a broadcast channel
	@$(SAY) 'Building the load tool, and measuring (about 6 minutes the first time)'
	@CARGO_TARGET_DIR=target/bench cargo run --quiet --release --features ssr --example fan_out

SECONDS ?= 600

soak: build ## Cut lines and kill the program for SECONDS=600, and count what any reader lost or had twice
	@$(SAY) 'Building the checker; then it runs for $(SECONDS) seconds'
	@PROGRAM=target/release/orderwire cargo test --quiet --features ssr --test soak -- $(SECONDS)

fuzz: SECONDS = 60
# Without a sanitizer: those need a nightly compiler, and there is no unsafe code here for them to watch.
fuzz: setup-fuzz ## Send whatever bytes come to mind to what strangers may write to, for SECONDS=60 each
	@$(SAY) 'Building the fuzzers (about 10 minutes the first time)'
	@for target in $$(cargo fuzz list); do \
	  $(SAY) "Fuzzing $$target for $(SECONDS) seconds"; \
	  mkdir -p target/fuzz/corpus/$$target; \
	  RUSTFLAGS='--cfg erase_components' cargo fuzz run --sanitizer none --target-dir target/fuzz $$target \
	    target/fuzz/corpus/$$target fuzz/corpus/$$target -- -max_total_time=$(SECONDS) -max_len=65536 -print_final_stats=1; \
	done

fmt: ## Format the code
	@cargo fmt

clean: ## Remove what was built; the tools stay
	@rm -rf target end2end/test-results

.PHONY: setup-build setup-browser setup-clients setup-cluster setup-fuzz
setup-build setup-browser setup-clients setup-cluster setup-fuzz: setup-%:
	@tools/setup $*
