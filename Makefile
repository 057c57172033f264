# A thin front to Meson and npm. `make` alone lists the targets.
BUILD     ?= build
MESON_ARGS ?=
ARGS      ?=
UI_SOURCES := $(shell find ui -type f -not -path 'ui/node_modules/*' -not -path 'ui/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help build run test test-all check-style format lint asan tsan coverage fuzz bench install clean ui

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BUILD)/build.ninja:
	@meson setup $(BUILD) $(MESON_ARGS) >$(BUILD).log 2>&1 || { cat $(BUILD).log; echo "Is something missing? Try: tools/setup run"; exit 1; }
	@rm -f $(BUILD).log

# The page needs npm; without it the program is whole but for the page.
ui/dist/.stamp: $(UI_SOURCES)
	@if command -v npm >/dev/null; then tools/setup page && cd ui && npm run --silent build && touch dist/.stamp; \
	 else echo "npm is not here: the program is built without its web page"; mkdir -p ui/dist && touch ui/dist/.stamp; fi

ui: ui/dist/.stamp ## build the web page

build: ui/dist/.stamp $(BUILD)/build.ninja ## build the program at build/hearth
	@ninja -C $(BUILD) --quiet hearth

run: ## set up, build and serve; ARGS="--port 9000", MODELS=folder
	@tools/setup run
	@$(MAKE) --no-print-directory build
	@tools/encoder/place $(BUILD)/hearth $(MODELS)
	@exec $(BUILD)/hearth serve $(if $(MODELS),--models $(MODELS)) $(ARGS)

test: ## set up and run the whole suite (under 10 minutes on 2 cores)
	@tools/setup test
	@tools/suite

test-all: ## the suite, and everything slow: fuzzing, clang-tidy, all CPU levels (under 60 minutes)
	@tools/setup test
	@tools/suite --all

check-style: ## clang-format, clang-tidy, the floor rule, banned functions
	@tools/check-style

format: ## let clang-format write
	@git ls-files '*.c' '*.h' | xargs clang-format -i

lint: check-style

asan: ## build with AddressSanitizer and UBSan, run the unit tests and the fuzz corpora
	@tools/suite asan

tsan: ## build with ThreadSanitizer, run the tests of what has threads
	@tools/suite tsan

coverage: ## line coverage of src/, as text and as pages in coverage/
	@tools/suite coverage

fuzz: ## run every fuzz target for FUZZ_SECONDS (60) each
	@tools/fuzz

bench: build ## measure; writes tables to the terminal
	@ninja -C $(BUILD) --quiet
	@bench/run $(ARGS)

install: build ## install program, manual page and completions below PREFIX (/usr/local)
	@meson setup --reconfigure $(BUILD) --prefix $(or $(PREFIX),/usr/local) >/dev/null && ninja -C $(BUILD) --quiet hearth shell-files && \
	 meson install -C $(BUILD) --no-rebuild --tags runtime

clean: ## remove everything that was built
	rm -rf build build-* coverage ui/dist
