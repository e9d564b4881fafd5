# Fairgate's tasks. `make` alone lists them.
# A fresh machine needs Go 1.26, Node.js 20 with npm, make and a C library; everything else is fetched.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT := .cache/bin/golangci-lint-$(GOLANGCI_LINT_VERSION)

# How long `make fuzz` gives each target.
FUZZTIME ?= 20s
# More flags for `make run`, as in: make run ARGS=--demo
ARGS ?=
# What `make test`, `make test-race` and `make bench` look at. The whole program's tests take minutes, and a busy
# machine several times as long: hence the time limit beyond the default of ten.
PKG ?= ./...

##@ Use

.PHONY: help
help: ## List the tasks
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-zA-Z0-9_-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Build, fetch the embedded engines, start everything, follow rulesets/ (ARGS=--demo adds traffic)
	@deploy/engines/fetch >/dev/null || echo "going on without the analytics engine" >&2
	@exec bin/fairgate dev --rules rulesets $(ARGS)

.PHONY: build
build: ## Build bin/fairgate
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/fairgate ./cmd/fairgate

.PHONY: engines
engines: ## Fetch what the embedded engines need (libchdb) into .cache/engines
	@deploy/engines/fetch

##@ Test

.PHONY: test
test: engines ## Run all tests against the embedded engines
	FAIRGATE_TEST_CHDB="$$(deploy/engines/fetch --present)" go test -timeout 25m $(PKG)

.PHONY: test-engines
test-engines: ## Run all tests against real Redis, PostgreSQL, Kafka and libchdb as well
	deploy/engines/run go test -count=1 -timeout 25m $(PKG)

.PHONY: test-race
test-race: engines ## Run all tests under the race detector (needs a C compiler)
	FAIRGATE_TEST_CHDB="$$(deploy/engines/fetch --present)" CGO_ENABLED=1 go test -race $(PKG)

.PHONY: e2e
e2e: engines ## Run the end-to-end tests of the whole program, then the console's in a browser (console-e2e)
	FAIRGATE_TEST_CHDB="$$(deploy/engines/fetch --present)" go test -count=1 -v ./cmd/...
	@$(MAKE) --no-print-directory console-e2e

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (20s)
	@failed=; \
	for file in $$(grep -rl --include='*_test.go' '^func Fuzz' . | sort); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file"); do \
			echo "== $$target in $$(dirname "$$file")"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" || failed="$$failed $$target"; \
		done; \
	done; \
	if [[ -n $$failed ]]; then echo "failed:$$failed" >&2; exit 1; fi

.PHONY: bench
bench: ## Run the benchmarks, with allocations
	go test -run '^$$' -bench . -benchmem $(PKG)

##@ Web pages

WEB := ticketing/front/web
WEB_MODULES := $(WEB)/node_modules/.package-lock.json
COLLECTOR := ingest/fingerprint/collector/web
COLLECTOR_MODULES := $(COLLECTOR)/node_modules/.package-lock.json
CONSOLE := console/front/web
CONSOLE_MODULES := $(CONSOLE)/node_modules/.package-lock.json

$(WEB_MODULES) $(COLLECTOR_MODULES) $(CONSOLE_MODULES): %/node_modules/.package-lock.json: %/package.json %/package-lock.json %/.npmrc
	cd $* && npm ci --no-fund --no-audit --loglevel=error
	@touch $@

.PHONY: web
web: $(WEB_MODULES) $(COLLECTOR_MODULES) $(CONSOLE_MODULES) ## Build the visitor front, the collector and the console into their dist, which are committed
	cd $(WEB) && npm run --silent build
	cd $(COLLECTOR) && npm run --silent build
	cd $(CONSOLE) && npm run --silent build

.PHONY: web-test
web-test: $(WEB_MODULES) $(COLLECTOR_MODULES) $(CONSOLE_MODULES) ## Check the types of front, collector and console and run their unit tests
	cd $(WEB) && npx --no-install tsc && npm run --silent test
	cd $(COLLECTOR) && npx --no-install tsc && npm run --silent test
	cd $(CONSOLE) && npx --no-install tsc && npm run --silent test

.PHONY: web-check
web-check: ## Check that the committed dists are what the sources build, and run web-test
	@$(WEB)/check
	@$(COLLECTOR)/check
	@$(CONSOLE)/check

.PHONY: console-e2e
console-e2e: engines build $(WEB_MODULES) $(CONSOLE_MODULES) chromium ## Drive the console with a browser; screenshots go to .cache/shots/console (FAIRGATE_SHOTS)
	cd $(CONSOLE) && FAIRGATE_CHDB="$$(../../../deploy/engines/fetch --present)" npm run --silent e2e

# Only where there is none, and the system's packages can be installed.
.PHONY: chromium
chromium:
	@[[ -n $$CHROMIUM ]] || command -v chromium chromium-browser google-chrome >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }

.PHONY: web-e2e
web-e2e: build $(WEB_MODULES) ## Drive the built program with a browser (needs Chromium; CHROMIUM=PATH where it is elsewhere)
	cd $(WEB) && npm run --silent e2e

##@ Keep tidy

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Run golangci-lint, layer rules included
	$(GOLANGCI_LINT) run

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the Go code
	$(GOLANGCI_LINT) fmt

$(GOLANGCI_LINT):
	@mkdir -p $(@D)
	GOBIN=$(CURDIR)/.cache/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv .cache/bin/golangci-lint $@

.PHONY: deploy-lint
deploy-lint: ## Check deploy/ with the tools that are installed
	@deploy/lint

.PHONY: ci
ci: ## What continuous integration runs
	@.ci/run
