# Two commands do everything on a Debian machine with Swift 6: `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Debian packages that a build needs and a plain Debian lacks.
PACKAGES := git clang libc6-dev libstdc++-12-dev libunwind-dev liblzma-dev libdw-dev libedit-dev zlib1g-dev libzstd-dev
# What `make hardware-check` compares with besides /dev/kvm (130 MB). `make test` uses QEMU where it is, and does without elsewhere.
HARDWARE_PACKAGES := qemu-system-x86 bochs
EXAMPLE  ?= examples/fork-cow.fl

# Tests are built with -enable-testing: a folder of their own, so that neither build undoes the other.
BUILD    := swift build -c release
TEST     := swift test -c release --scratch-path .build-test -Xswiftc -enable-testing
TEST_BUILD := swift build -c release --scratch-path .build-test -Xswiftc -enable-testing
# The command has Swift's runtime in it: it starts sooner, and needs no libraries of Swift where it is installed. A folder of its
# own, since every object differs.
# It stands at a fixed address and has the other libraries in itself too, where their archives are installed: the loader then has next to
# nothing to relocate, which was a fourth of the time from its start to its end.
STATIC_LIBRARIES := $(CURDIR)/.build-command/static-libraries
COMMAND_FLAGS := -Xswiftc -L$(STATIC_LIBRARIES) -Xswiftc -Xclang-linker -Xswiftc -no-pie -Xswiftc -Xclang-linker -Xswiftc -static-libgcc
COMMAND_BUILD := .ci/static-libraries $(STATIC_LIBRARIES) && $(BUILD) --static-swift-stdlib --scratch-path .build-command $(COMMAND_FLAGS)
FAULTLINE := .build-command/release/faultline

# Accesses that `make hardware-check` compares with each oracle, and where its random numbers begin.
ACCESSES ?= 1000000
SEED     ?= 0x5eed0001

# Statements that `make pressure` makes for each seed.
STATEMENTS ?= 1000000

# What tests use and a build does not need: a browser that opens the report's page, a terminal for the shell. Without one its tests are
# left out.
TEST_PACKAGES := chromium tmux

# Where `make install` puts the command, its manual, its completions and the C library.
PREFIX   ?= /usr/local
# The day that the manual names: that of the last commit.
MANUAL_DATE = $(or $(shell git log -1 --format=%cs 2>/dev/null),$(shell date +%F))

.PHONY: help setup test-tools build demo test lint sanitised bench fuzz pressure hardware-check manual install clean

help:
	@echo 'make demo            build, run $(EXAMPLE) and show what happened'
	@echo 'make test            everything that must hold (lint, all tests, the sanitised C core)'
	@echo 'make lint            the formatter, strictly'
	@echo 'make bench           each figure beside its limit and the live kernel, measured in one run'
	@echo 'make fuzz            the C core under sanitisers, at length'
	@echo 'make pressure        random statements on a machine of 16 MiB (STATEMENTS=$(STATEMENTS) a seed)'
	@echo 'make hardware-check  the walker against /dev/kvm, QEMU and Bochs (ACCESSES=$(ACCESSES))'
	@echo 'make install         the command, its manual and completions, and the C library, below PREFIX ($(PREFIX))'
	@echo 'make clean           remove what was built'

setup:
	@.ci/setup $(PACKAGES)

# Installs them where that takes no password.
test-tools:
	@if ! { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || ! command -v tmux >/dev/null; \
	    then if [ "$$EUID" = 0 ] && command -v apt-get >/dev/null; then .ci/setup $(TEST_PACKAGES) || true; fi; fi
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	    echo 'make test: there is no Chromium: the page of `faultline report` is not opened (apt-get install chromium)'
	@command -v tmux >/dev/null || echo 'make test: there is no tmux: the shell is not driven at a terminal (apt-get install tmux)'

build: setup
	@$(COMMAND_BUILD) --product faultline

demo: build
	@echo
	@echo '--- $(EXAMPLE)'
	@cat $(EXAMPLE)
	@echo
	@echo '--- faultline run $(EXAMPLE)'
	@$(FAULTLINE) run $(EXAMPLE)

test: setup test-tools lint sanitised
	@$(TEST_BUILD) --product generate-manual
	@$(TEST) || { echo 'make test: a test failed (its message stands above; run it alone with' \
	    '`$(TEST) --filter NAME`)' >&2; exit 1; }
	@echo 'make test: all is well'

lint:
	@swift format lint --strict --recursive Package.swift Sources Tests || \
	    { echo 'make lint: mend this with `swift format -i FILE`' >&2; exit 1; }

sanitised:
	@Tests/CFuzz/run.sh short

# A million random statements a seed on a machine of 16 MiB, each byte that is read compared with a plain model (minutes).
pressure: setup
	@$(TEST_BUILD) --product generate-manual
	@FAULTLINE_PRESSURE_STATEMENTS=$(STATEMENTS) $(TEST) --filter PressureTests

fuzz: setup
	@Tests/CFuzz/run.sh long

bench: setup
	@$(BUILD) --product faultline-bench
	@.build/release/faultline-bench

hardware-check: setup
	@.ci/setup $(HARDWARE_PACKAGES)
	@FAULTLINE_HARDWARE_ACCESSES=$(ACCESSES) FAULTLINE_SEED=$(SEED) $(TEST) --filter '(Hardware|Emulator)Tests'

# The pages of the manual are those that the argument parser's plugin makes of the command's help.
manual: setup
	@$(COMMAND_BUILD) --product faultline
	@$(BUILD) --product generate-manual
	@mkdir -p .build/manual && rm -f .build/manual/*
	@.build/release/generate-manual $(FAULTLINE) --multi-page --date $(MANUAL_DATE) --output-directory .build/manual

install: manual
	@$(BUILD) --product FaultlineC
	@.ci/install .build/release/libFaultlineC.so $(PREFIX) $(FAULTLINE) .build/manual

clean:
	rm -rf .build .build-command .build-test .build-sanitised
