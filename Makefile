# The words of this project. `make` alone lists them; each is one plain command.
.DEFAULT_GOAL := help
BIN := target/release/uec-live

.PHONY: help run build web check test lint hook bless sim bench load observe fuzz tools

help: ## List these words.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: build ## Build everything and watch a simulated Leicester live at http://127.0.0.1:8080
	$(BIN) demo

build: web ## Build the one binary, target/release/uec-live; its line tables go into a file beside it
	cargo build --release --locked --package uec-live
	bash scripts/strip.sh $(BIN)

web: web/dist/.vite/manifest.json ## Build the web assets that the binary carries

web/dist/.vite/manifest.json: web/package-lock.json $(shell find web/src -type f) web/vite.config.ts
	cd web && npm ci --no-audit --no-fund && npm run build
	@touch $@

check: web ## All day: format, lints, types and tests of what you changed since BASE (origin/main)
	bash scripts/check.sh

test: tools web ## Install what the tests need, then run every check and test
	bash scripts/test.sh

lint: web ## Formatting, lints and types only
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cd web && npm run check

hook: ## Have git ask `make check` before each commit
	git config core.hooksPath scripts/hooks

bless: web ## Accept the present output of every snapshot test
	INSTA_UPDATE=always cargo test --workspace --locked

sim: web ## Ten thousand seeded simulations, then a thousand kills of the real server (20 minutes)
	UEC_SIM_SEEDS=0..10000 UEC_SIM_KILLS=1000 cargo test --release --locked --package uec-live --test all sim:: -- --nocapture

bench: build ## Events to picture, senders over HTTP, bookings, searches of 100,000 places, each beside its peers
	cargo run --release --locked --quiet --package load-tests -- fold
	bash scripts/with-server.sh feeds --url BASE --scratch WORK --lines 1
	bash scripts/with-server.sh feeds --url BASE --scratch WORK --lines 100
	bash scripts/with-server.sh bookings --url BASE
	bash scripts/bench-directory.sh

load: build ## Latency, many screens beside a bound and nchan, a restart under 15,000, a night of 30 minutes
	bash scripts/load.sh

observe: build ## A demonstration watched by a real Prometheus with our rules; how to point Grafana at it
	bash scripts/observe.sh $(BIN) --speed 10

fuzz: ## Feed every parser of outside text with broken input, a minute each; then every address
	bash scripts/fuzz.sh

tools: ## Install Debian packages that the tests need (Chromium, Prometheus, Python)
	bash scripts/install-test-tools.sh
