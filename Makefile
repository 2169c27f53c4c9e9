# The project's commands. `make` alone prints them; each does its own set-up, is safe to repeat, and says what it does.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.tools/bin:$(PATH)

WASM := --lib --features hydrate --target wasm32-unknown-unknown
SAY := printf '\033[1m==>\033[0m %s\n'

.PHONY: help run test dev build check rust-test browser-test bench fmt clean

help: ## Print this
	@echo 'Orderwire: make <command>'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: build ## Build, and serve the demo at 127.0.0.1:3000
	@target/release/orderwire --demo

test: check build rust-test browser-test ## Format, lints, Rust tests, browser tests
	@$(SAY) 'All is well'

dev: setup-build ## Serve the demo, and reload on save
	@$(SAY) 'Building for development (about 4 minutes the first time)'
	@ORDERWIRE_DEMO=true cargo leptos watch

build: setup-build ## Build the release of both sides: target/release/orderwire and target/site
	@$(SAY) 'Building the release of both sides (about 8 minutes the first time, seconds the second)'
	@cargo leptos build --release --precompress

check: setup-build ## Format and lints, for the server and the browser
	@$(SAY) 'Format'
	@cargo fmt --check || { echo "run 'make fmt'" >&2; exit 1; }
	@$(SAY) 'Lints: server (about 2 minutes the first time)'
	@cargo clippy --quiet --all-targets --features ssr -- -D warnings
	@$(SAY) 'Lints: browser (about 1 minute the first time)'
	@cargo clippy --quiet $(WASM) -- -D warnings

rust-test: build ## Rust tests, against the real program
	@$(SAY) 'Rust tests (about 3 minutes the first time)'
	@cargo test --release --features ssr

browser-test: build setup-browser ## Browser tests, against the release build
	@$(SAY) 'Browser tests (about 2 minutes)'
	@npm --prefix end2end test

bench: build ## Measure one event to 5,000 streams, beside axum's Sse over a broadcast channel
	@$(SAY) 'Building the load tool, and measuring (about 2 minutes the first time)'
	@cargo run --quiet --release --features ssr --example fan_out

fmt: ## Format the code
	@cargo fmt

clean: ## Remove what was built; the tools stay
	@rm -rf target end2end/test-results

.PHONY: setup-build setup-browser
setup-build setup-browser: setup-%:
	@tools/setup $*
