# The project's commands. `make` alone lists them. Each installs what it needs first, can be repeated, and says what it does.
# tests/commands.rs runs each in a small form.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.tools/bin:$(PATH)

WASM := --lib --features hydrate,all-pages --target wasm32-unknown-unknown
BENCH := --locked --quiet --manifest-path bench/Cargo.toml --target-dir target/bench
EXAMPLE := cd examples/minimal && CARGO_TARGET_DIR=../../target/example cargo
SAY := printf '\033[1m==>\033[0m %s\n'

.PHONY: help run cluster test dev build check rust-test example example-test browser-test firefox-test lighthouse screenshots bench bench-profile bench-growth bench-test soak fuzz mutants deny notices fmt clean

help: ## Print this list
	@echo 'Orderwire: make <command>'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: build ## Build, and serve the demo's shop at 127.0.0.1:3000
	@target/release/orderwire --demo-shop

cluster: build setup-cluster ## Serve the demo from three instances behind nginx, with PostgreSQL and Redis
	@tools/cluster

test: setup-test check rust-test example-test bench-test browser-test firefox-test ## Check format and lints, and run all tests: Rust, the example, the benchmark, the browser
	@$(SAY) 'All tests passed'

dev: setup-build ## Serve the demo, and rebuild and reload when a file is saved
	@$(SAY) 'Building for development (about 4 minutes the first time)'
	@ORDERWIRE_DEMO_SHOP=true LEPTOS_SITE_ROOT=target/dev-site cargo leptos watch --cargo-locked

build: target/.built ## Build the release: target/release/orderwire and target/site

# cargo-leptos builds the whole site each time, so it is called only when a source has changed, or when the site was built by another
# command (`cargo leptos end-to-end`), which leaves no precompressed files.
ifeq ($(wildcard target/site/pkg/wire/*.br),)
.PHONY: target/.built
endif
target/.built: $(shell find src style public migrations .cargo tools/build tools/compress.mjs tools/versions Cargo.toml Cargo.lock -type f) | setup-build
	@$(SAY) 'Building the release of server and browser (about 9 minutes the first time)'
	@tools/build
	@touch $@

check: setup-build ## Check format and lints of the server's and the browser's code
	@$(SAY) 'Format'
	@(cargo fmt --check && cargo fmt --check --manifest-path bench/Cargo.toml && $(EXAMPLE) fmt --check) || { echo "run 'make fmt'" >&2; exit 1; }
	@cargo update --locked --quiet --workspace --manifest-path fuzz/Cargo.toml ||\
	  { echo "fuzz/Cargo.lock is not current: run 'cargo update --workspace --manifest-path fuzz/Cargo.toml'" >&2; exit 1; }
	@$(SAY) 'Lints: server (about 2 minutes the first time)'
	@cargo clippy --locked --quiet --all-targets --features ssr -- -D warnings
	@$(SAY) 'Lints: browser (about 1 minute the first time)'
	@cargo clippy --locked --quiet $(WASM) -- -D warnings

# A debug build: the tests' dependencies enable features that the release build lacks, so the two would rebuild each other's crates.
rust-test: setup-build setup-browser setup-clients setup-cluster ## Run the Rust tests against the real program
	@$(SAY) 'Rust tests (about 12 minutes the first time, then 6)'
	@tools/rust-tests

example: ## Serve the minimal example (the streaming core alone) at 127.0.0.1:3000
	@$(EXAMPLE) run --locked --quiet

example-test: ## Lint the minimal example and run its tests
	@$(SAY) 'The example (about 1 minute the first time)'
	@$(EXAMPLE) clippy --locked --quiet --bins --tests -- -D warnings
	@$(EXAMPLE) test --locked

browser-test: build setup-browser setup-cluster ## Run the browser tests against the release build
	@$(SAY) 'Browser tests (about 7 minutes)'
	@npm --prefix end2end test
	@$(SAY) 'Lighthouse, one page (seconds)'
	@npm --prefix end2end run lighthouse -- --grep sign-in

firefox-test: build setup-browser ## Run the core browser tests in Firefox
	@$(SAY) 'Browser tests in Firefox (about 1 minute)'
	@npm --prefix end2end run firefox

lighthouse: build setup-browser ## Print each page's Lighthouse scores, and the time until it is hydrated
	@npm --prefix end2end run lighthouse

screenshots: build setup-browser ## Write a picture of each page and state, light and dark, at four widths, into target/screenshots
	@npm --prefix end2end run screenshots

bench: SECONDS = 10
bench: build setup-bench setup-cluster ## Measure Orderwire beside other servers, for SECONDS=10 each, and write bench/report.md
	@$(SAY) 'Building the benchmark (about 1 minute the first time), and measuring (about 14 minutes)'
	@cargo build --release $(BENCH) && target/bench/release/orderwire-bench $(SECONDS)

bench-profile: SECONDS = 10
bench-profile: build setup-bench ## Record with perf where Orderwire's CPU time goes, and draw bench/flame-*.svg
	@$(SAY) 'Building the benchmark (about 1 minute the first time), and recording (about 1 minute)'
	@cargo build --release $(BENCH) && target/bench/release/orderwire-bench profile $(SECONDS)

bench-growth: build setup-browser setup-cluster ## Measure operations in shops of SIZES=10000,100000,1000000 orders, and a page that is open all day
	@$(SAY) 'A page in Chromium, with 100,000 events (about 5 minutes)'
	@mkdir -p target/bench && cd end2end &&\
	  ALL_DAY_EVENTS=100000 ALL_DAY_REPORT=../target/bench/page.md npx playwright test all-day --trace off
	@$(SAY) 'Building the tool (about 2 minutes the first time), and measuring (about 10 minutes); writes bench/growth.md'
	@PROGRAM=target/release/orderwire PAGE=target/bench/page.md cargo test --locked --quiet --features ssr --test growth_curves

bench-test: ## Lint the benchmark and run its tests
	@$(SAY) 'The benchmark (about 1 minute the first time)'
	@cargo clippy $(BENCH) --all-targets -- -D warnings
	@cargo test $(BENCH)

SECONDS ?= 600

soak: build setup-cluster ## Break connections and inject faults for SECONDS=600; count what readers lost or received twice
	@$(SAY) 'Building the checker; then it runs for $(SECONDS) seconds'
	@PROGRAM=target/release/orderwire cargo test --locked --quiet --features ssr --test soak -- $(SECONDS)

fuzz: SECONDS = 60
# Without a sanitizer: those need a nightly compiler, and the project has no unsafe code for them to check.
fuzz: setup-fuzz ## Fuzz the parsers of untrusted input, for SECONDS=60 each
	@$(SAY) 'Building the fuzzers (about 10 minutes the first time)'
	@for target in $$(cargo fuzz list); do \
	  $(SAY) "Fuzzing $$target for $(SECONDS) seconds"; \
	  mkdir -p target/fuzz/corpus/$$target; \
	  RUSTFLAGS='--cfg erase_components' cargo fuzz run --sanitizer none --target-dir target/fuzz $$target \
	    target/fuzz/corpus/$$target fuzz/corpus/$$target -- -max_total_time=$(SECONDS) -max_len=65536 -print_final_stats=1; \
	done

# A shard: the files that are changed, the unit tests that should notice, and, for what these miss, the tests of the whole program.
SHARD ?= sse
MUTATE_sse := --file 'src/server/sse/**'
MUTATE_log := --file 'src/server/store/{log,log_state,new_events,recent_commits,transaction,continuity,epoch,retention}.rs'
MUTATE_push := --file 'src/server/store/{push,push_body,idempotency_key}.rs' --file 'src/server/http/push*.rs'
UNIT_TESTS_sse := -C=--lib -- server::sse
UNIT_TESTS_log := -C=--lib -- server::store
UNIT_TESTS_push := -C=--lib -- server::store
PROGRAM_TESTS_sse := $(addprefix -C=--test=,stream resume slow_clients sign_out log)
PROGRAM_TESTS_log := $(addprefix -C=--test=,store log appending restore resume trimming)
PROGRAM_TESTS_push := $(addprefix -C=--test=,push store hostile)
MUTANTS := cargo mutants --in-place --no-shuffle --line-col true --baseline skip $(MUTATE_$(SHARD)) --output target/mutants

# In place: each change is taken back. So nobody else may work in this folder meanwhile.
mutants: setup-mutants setup-cluster ## Change the code of SHARD=sse, log or push a line at a time; list what no test notices
	@mkdir -p target/mutants
	@$(SAY) 'Unit tests against each change (about half an hour)'
	@$(MUTANTS) $(UNIT_TESTS_$(SHARD)) || [ $$? = 2 ] || [ $$? = 3 ]
	@$(SAY) 'Tests of the whole program against the changes that were missed (about as long)'
	@$(MUTANTS) --iterate $(PROGRAM_TESTS_$(SHARD))

deny: setup-deny ## Check the dependencies: licenses, duplicates, sources; and advisories, where their database can be fetched
	@$(SAY) 'Licenses, bans and sources'
	@cargo deny --locked --all-features check licenses bans sources
	@$(SAY) 'Advisories'
	@if cargo deny fetch db 2>/dev/null; then cargo deny --locked --all-features check advisories; \
	  else echo 'Passed over: the database of advisories cannot be fetched'; fi

notices: setup-deny ## Write THIRD-PARTY.md anew: every crate that the program is made of, with its license
	@tools/notices >THIRD-PARTY.md

fmt: ## Format the code
	@cargo fmt
	@$(EXAMPLE) fmt
	@cargo fmt --manifest-path bench/Cargo.toml

clean: ## Remove what was built; the tools in .tools stay
	@rm -rf target end2end/test-results

.PHONY: setup-test setup-build setup-browser setup-clients setup-cluster setup-bench setup-fuzz setup-mutants setup-deny
setup-test setup-build setup-browser setup-clients setup-cluster setup-bench setup-fuzz setup-mutants setup-deny: setup-%:
	@tools/setup $*

# Else `make -j test` would set up twice at once.
ifneq ($(filter test,$(MAKECMDGOALS)),)
setup-build setup-browser setup-clients setup-cluster: | setup-test
endif
