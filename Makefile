# make demo, make test, make check: each sets up .venv by itself. Works from any path.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-train slow torture quarter bench bench-sites bench-scaling bench-state bench-startup bench-speed bench-beside bench-extract bench-sentences bench-consent bench-check bench-pairs bench-build bench-upload check lint types setup setup-dev setup-bench setup-train setup-render setup-monitor setup-hub clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

$(VENV)/.installed: requirements.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ftcrawler needs Python 3.11 or newer: make PYTHON=/path/to/python3 ..."; exit 2; }
	@test -x "$(BIN)/python" || "$(PYTHON)" -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch "$@"

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch "$@"

$(VENV)/.installed-bench: $(VENV)/.installed-dev requirements-bench.txt
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch "$@"

$(VENV)/.installed-train: $(VENV)/.installed requirements-train.txt
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r requirements-train.txt
	@touch "$@"

$(VENV)/.installed-render: $(VENV)/.installed requirements-render.txt
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r requirements-render.txt
	@touch "$@"

$(VENV)/.installed-hub: $(VENV)/.installed requirements-hub.txt
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r requirements-hub.txt
	@touch "$@"

$(VENV)/.installed-monitor: $(VENV)/.installed requirements-monitor.txt
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -r requirements-monitor.txt
	@touch "$@"

setup: $(VENV)/.installed ## .venv with what a crawl needs
setup-dev: $(VENV)/.installed-dev ## .venv with what tests, lint and types need too

setup-bench: setup-dev $(VENV)/.installed-bench ## .venv with the extractors to compare with, too

setup-train: setup $(VENV)/.installed-train ## .venv with what training on this machine needs too

setup-monitor: setup $(VENV)/.installed-monitor ## .venv with Spidermon, for ftcrawler/monitors.py

setup-render: setup $(VENV)/.installed-render ## .venv with what sites with render = true need, but for Chromium

setup-hub: setup $(VENV)/.installed-hub ## .venv with the Hugging Face Hub's client, too

demo: setup ## serve the embedded demo site, crawl it, show what came out
	@"$(BIN)/python" -m scrapy demo

test: setup-dev ## the tests that are fast
	"$(BIN)/python" -m pytest -n auto

test-train: setup-dev setup-train ## the tests that train a tiny model on the CPU
	OMP_NUM_THREADS=1 "$(BIN)/python" -m pytest -m slow tests/test_train.py tests/test_train_configs.py tests/test_trl.py

slow: setup-dev ## the tests that take minutes or need Debian packages
	"$(BIN)/python" -m pytest -n auto -m slow

torture: setup-dev ## KILLS=200: kill crawls at random instants, compare the rows
	KILLS="$(or $(KILLS),200)" "$(BIN)/python" -m pytest -m slow -s tests/test_torture.py -k "random or step"

quarter: setup-dev ## 90 nights over 20 sites, with incidents and kills; rows and alarms are counted
	QUARTER=whole "$(BIN)/python" -m pytest -m slow -s tests/test_quarter.py

bench: bench-speed bench-sites bench-state bench-startup ## speed, many sites, memory, a second night, start-up: measured here

bench-sites: setup-dev ## SITES=200: many sites at once, each at its delay by the server's clock
	"$(BIN)/python" bench/many_sites.py --sites "$(or $(SITES),200)"

bench-scaling: setup-dev ## what more cores, larger pages and more pages cost
	"$(BIN)/python" bench/scaling.py cores
	"$(BIN)/python" bench/scaling.py sizes
	"$(BIN)/python" bench/scaling.py pages

bench-state: setup-dev ## what a site's memory, its shards and a second night cost
	"$(BIN)/python" bench/memory_of_a_site.py
	"$(BIN)/python" bench/second_night.py

bench-startup: setup-dev ## TOP=10: how long each command takes to start, and its largest imports
	"$(BIN)/python" bench/startup.py --top "$(or $(TOP),0)"

bench-extract: setup-bench ## WORST=10: our extraction beside others' on the annotated pages
	"$(BIN)/python" -m bench.extract --worst "$(or $(WORST),0)"

bench-beside: setup-dev ## what extraction and pairs cost a page beside trafilatura alone
	"$(BIN)/python" -m bench.beside

bench-speed: setup-dev ## PAGES=1000 ROUNDS=5: pages a second beside three ordinary ways
	"$(BIN)/python" bench/speed.py --pages "$(or $(PAGES),1500)" --rounds "$(or $(ROUNDS),5)"

bench-consent: setup-dev ## what consent costs a crawl, beside stubs in its place
	"$(BIN)/python" bench/consent.py

bench-check: setup-dev ## scrapy check beside json.loads alone, lines a minute
	"$(BIN)/python" -m bench.check

bench-pairs: setup-dev ## READ=20: pairs of three real sites, what each rule drops, pairs to read
	"$(BIN)/python" bench/pairs.py --read "$(or $(READ),20)"

bench-build: setup-dev ## DOCUMENTS=200000: what a build finds and costs, beside a script by hand
	"$(BIN)/python" -m bench.build --documents "$(or $(DOCUMENTS),200000)"

bench-upload: setup-dev ## MEGABYTES=512: an upload beside httpx alone, and the memory of 2 GB
	"$(BIN)/python" -m bench.upload --megabytes "$(or $(MEGABYTES),512)"

bench-sentences: setup-dev ## splitting beside sentencex alone: cases right, megabytes a second
	"$(BIN)/python" bench/sentences.py

lint: setup-dev ## ruff
	"$(BIN)/python" -m ruff check .
	"$(BIN)/python" -m ruff format --check .

types: setup-dev ## mypy --strict
	"$(BIN)/python" -m mypy

check: test lint types ## tests, lint and types

clean: ## remove .venv and caches, never your data
	rm -rf "$(VENV)" .mypy_cache .pytest_cache .ruff_cache
