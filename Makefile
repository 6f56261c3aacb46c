# `make demo` and `make test` need nothing but make and Python 3.11 or later.
VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin
READY = $(VENV)/.synced

.PHONY: help demo test lint types notebooks report-picture bench

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(READY) ## plan and audit the built-in store; ends with the path of its report
	$(BIN)/ccinv demo

test: $(READY) ## the whole test suite
	$(BIN)/pytest -n 2

lint: $(READY) ## style and form of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY) ## mypy, strict
	$(BIN)/mypy

notebooks: $(READY) ## run every notebook; results in build/notebooks
	$(BIN)/python .ci/notebooks

report-picture: $(READY) ## pictures of the demo's report, screen and print; needs chromium and pdftoppm
	rm -rf build/report && mkdir -p build/report
	$(BIN)/ccinv demo --out build/report/run
	VENV=$(VENV) .ci/picture build/report/run/report.html build/report

bench: $(READY) ## the benchmarks, each of which checks its own claim
	$(BIN)/python -m benchmarks.run

$(READY): uv.lock pyproject.toml .ci/environment
	@PYTHON="$(PYTHON)" .ci/environment $(VENV)
	@touch $@
