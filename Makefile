# Two commands do everything on a Debian machine with Swift 6: `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Debian packages that a build needs and a plain Debian lacks.
PACKAGES := git clang libc6-dev libstdc++-12-dev libunwind-dev liblzma-dev libdw-dev libedit-dev
# What `make hardware-check` compares with besides /dev/kvm (130 MB). `make test` uses QEMU where it is, and does without elsewhere.
HARDWARE_PACKAGES := qemu-system-x86 bochs
EXAMPLE  ?= examples/fork-cow.fl

# Tests are built with -enable-testing: a folder of their own, so that neither build undoes the other.
BUILD    := swift build -c release
TEST     := swift test -c release --scratch-path .build-test -Xswiftc -enable-testing
FAULTLINE := .build/release/faultline

# Accesses that `make hardware-check` compares with each oracle, and where its random numbers begin.
ACCESSES ?= 1000000
SEED     ?= 0x5eed0001

# What the tests of the report's page need; without it they are left out.
BROWSER_PACKAGES := chromium

# Where `make install` puts the C library.
PREFIX   ?= /usr/local

.PHONY: help setup browser build demo test lint sanitised bench fuzz hardware-check install clean

help:
	@echo 'make demo            build, run $(EXAMPLE) and show what happened'
	@echo 'make test            everything that must hold (lint, all tests, the sanitised C core)'
	@echo 'make lint            the formatter, strictly'
	@echo 'make bench           each figure beside its limit and the live kernel, measured in one run'
	@echo 'make fuzz            the C core under sanitisers, at length'
	@echo 'make hardware-check  the walker against /dev/kvm, QEMU and Bochs (ACCESSES=$(ACCESSES))'
	@echo 'make install         the C library, its headers and faultline.pc, below PREFIX ($(PREFIX))'
	@echo 'make clean           remove what was built'

setup:
	@.ci/setup $(PACKAGES)

# Installs a browser where that takes no password.
browser:
	@if ! command -v chromium chromium-browser google-chrome >/dev/null && [ "$$EUID" = 0 ] && command -v apt-get >/dev/null; \
	    then .ci/setup $(BROWSER_PACKAGES) || true; fi
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	    echo 'make test: there is no Chromium: the page of `faultline report` is not opened (apt-get install chromium)'

build: setup
	@$(BUILD) --product faultline

demo: build
	@echo
	@echo '--- $(EXAMPLE)'
	@cat $(EXAMPLE)
	@echo
	@echo '--- faultline run $(EXAMPLE)'
	@$(FAULTLINE) run $(EXAMPLE)

test: setup browser lint sanitised
	@$(TEST) || { echo 'make test: a test failed (its message stands above; run it alone with' \
	    '`$(TEST) --filter NAME`)' >&2; exit 1; }
	@echo 'make test: all is well'

lint:
	@swift format lint --strict --recursive Package.swift Sources Tests || \
	    { echo 'make lint: mend this with `swift format -i FILE`' >&2; exit 1; }

sanitised:
	@Tests/CFuzz/run.sh short

fuzz: setup
	@Tests/CFuzz/run.sh long

bench: setup
	@$(BUILD) --product faultline-bench
	@.build/release/faultline-bench

hardware-check: setup
	@.ci/setup $(HARDWARE_PACKAGES)
	@FAULTLINE_HARDWARE_ACCESSES=$(ACCESSES) FAULTLINE_SEED=$(SEED) $(TEST) --filter '(Hardware|Emulator)Tests'

install: setup
	@$(BUILD) --product FaultlineC
	@.ci/install .build/release/libFaultlineC.so $(PREFIX)

clean:
	rm -rf .build .build-test .build-sanitised
