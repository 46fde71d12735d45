# LMMRec Studio. `make app` starts it, `make test` checks it; both set .venv up first.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= 2
# Some tests wait for processes and browsers: what fails while the machine is busy with the others is run once more by itself.
AGAIN := --last-failed --last-failed-no-failures none

# The first Python on PATH that is new enough; `make app PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$name"; break; }; done)

.PHONY: app demo demo-assets screenshots test test-browser lint clean

app: $(VENV)/.installed
	@$(BIN)/lmmrec app $(if $(PORT),--port $(PORT))

demo: $(VENV)/.installed
	@$(BIN)/lmmrec demo

# For maintainers: make the demo workspace anew from nothing and pack it into assets/.
demo-assets: $(VENV)/.installed
	rm -rf build/demo
	$(BIN)/python -m core.jobs.demo build/demo

# For maintainers: the five screenshots of the README, from the demo as it ships, in the system's Chromium.
screenshots: $(VENV)/.installed-test
	OMP_NUM_THREADS=1 $(BIN)/python tests/browser/screenshots.py --readme

test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --durations=10 || OMP_NUM_THREADS=1 $(BIN)/pytest $(AGAIN)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test-browser: $(VENV)/.installed-test
	@if [ -x /usr/bin/chromium ]; then \
		OMP_NUM_THREADS=1 $(BIN)/pytest -m browser tests/browser || OMP_NUM_THREADS=1 $(BIN)/pytest -m browser tests/browser $(AGAIN); \
	else echo "Browser tests skipped: there is no /usr/bin/chromium (Debian: apt-get install chromium)."; fi

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "There is no Python 3.11 or newer on PATH. Install one (Debian: apt-get install python3 python3-venv)." >&2; exit 1; fi
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments. Install its venv module (Debian: apt-get install python3-venv)." >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing pinned requirements into $(VENV); this takes a few minutes the first time."
	$(PIP) install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) install --quiet -c constraints.txt -e '.[test]'
	@touch $@
