# The commands of this repository. `make` alone says what there is.
SHELL := /bin/bash
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)

help: ## what there is
	@printf 'make TARGET, where TARGET is\n'
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

setup: ## install what is missing from Debian's packages (root); starts no service
	@scripts/setup.sh build run

build: ## compile build/lazuli
	@scripts/setup.sh build
	@cmake --preset dev >build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f build.log
	@cmake --build build --parallel $(JOBS) --target lazuli

tutorial: ## from a fresh Debian to the pod's last line: the whole tutorial, step by step
	@scripts/setup.sh build run base-image
	@$(MAKE) --no-print-directory build
	@scripts/build-kubernetes.sh
	@scripts/fetch-engine.sh >/dev/null
	@$(MAKE) --no-print-directory -C samples/openai-workload-identity/cpp
	@build/lazuli tutorial

test: ## unit tests, the same under ASan and UBSan, a minute of fuzzing for each target, then the tutorial by the real az and kubectl, kill -9, wrong input, broken chains, the portal in a browser
	@scripts/test.sh unit asan fuzz e2e

test-unit: ## the unit tests alone
	@scripts/test.sh unit

test-asan: ## the unit tests under ASan and UBSan
	@scripts/test.sh asan

test-tsan: ## the unit tests of the concurrent parts under TSan
	@scripts/test.sh tsan

fuzz: ## each fuzz target for a minute; SECONDS_EACH=3600 for an hour, ARGS=jws for one of them
	@scripts/fuzz.sh $(ARGS)

test-e2e: ## the end-to-end tests alone; ARGS='-k tutorial -x' goes to pytest
	@scripts/test.sh e2e $(ARGS)

test-languages: ## the SDKs of every language, each in a pod of its own (slow; ARGS='-k go')
	@scripts/test.sh languages $(ARGS)

lint: ## formatting, shell scripts, Python's syntax; TIDY=1 adds clang-tidy (slow)
	@scripts/lint.sh

bench: ## the benchmarks; each runs its peer in the same run and prints a ratio
	@scripts/bench.sh

install: build ## put lazuli into PREFIX/bin (default /usr/local)
	install -D -m 755 build/lazuli $(DESTDIR)$(PREFIX)/bin/lazuli

clean: ## remove what was built here; the cache outside the checkout stays
	rm -rf build build-* samples/openai-workload-identity/cpp/app samples/openai-workload-identity/cpp/*.o

.PHONY: help setup build tutorial test test-unit test-asan test-tsan fuzz test-e2e test-languages lint bench install clean
.DEFAULT_GOAL := help
