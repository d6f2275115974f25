# Everything a learner or an engineer runs. Needs make and Python 3.11 or newer, nothing else.
PYTHON ?= python3
LAB_ARGS ?=

PY := .venv/bin/python
INSTALL := $(PY) -m pip install --disable-pip-version-check
COMPILE := $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate pyproject.toml
START := /lab/tree/notebooks/00-start-here.ipynb

.DEFAULT_GOAL := help
.PHONY: help lab test notebooks pictures screenshots site lite torture bench lock clean

help:
	@echo "make lab        install into .venv (first time only), open the first notebook"
	@echo "make test       linters, types and every test"
	@echo "make notebooks  run every notebook again and write its outputs"
	@echo "make pictures   draw README's picture again"
	@echo "make screenshots  take README's screenshots again, in a real browser"
	@echo "make site       the course as web pages to read: build/site"
	@echo "make lite       the course as web pages that run, nothing to install: build/lite"
	@echo "make torture    hostile packets, zones, records and classes, for as long as it takes"
	@echo "make bench      how fast, beside BIND, NSD and Knot"
	@echo "make lock       pin the newest versions: requirements.lock, tests/requirements.lock"
	@echo "make clean      remove .venv and all caches"
	@echo
	@echo "Another Python:          make lab PYTHON=python3.12"
	@echo "Options for JupyterLab:  make lab LAB_ARGS='--no-browser --port 9999'"

# .venv/bin comes first on PATH so that a cell such as `!python -m enumlab ...` finds this Python.
lab: .venv/lab.stamp
	PATH="$$PWD/.venv/bin:$$PATH" $(PY) -m jupyterlab --LabApp.default_url=$(START) $(LAB_ARGS)

test: .venv/test.stamp .venv/npm.stamp
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m codespell_lib
	$(PY) -m mypy --strict
	$(PY) -m pytest --durations=15

notebooks: .venv/test.stamp
	$(PY) -m enumlab notebooks --run

# README's picture, drawn from the zone itself.
pictures: .venv/lab.stamp
	$(PY) -c "import enumlab as lab; \
	lab.block_map(lab.Zone.named('playground'), '+61255502').plot().save('notebooks/pictures/block-map.png')"

screenshots: .venv/test.stamp
	$(PY) -m tests.browser.screenshots

site: .venv/test.stamp
	$(PY) -m enumlab.site build/site

lite: .venv/test.stamp .venv/npm.stamp
	$(PY) -m enumlab.site.lite build/lite

torture: .venv/test.stamp .venv/npm.stamp
	$(PY) -m tests.torture

bench: .venv/test.stamp
	$(PY) -m tests.bench
	$(PY) -m pytest -m bench

# Fresh outputs, moved into place at the end: uv keeps the pins of an output that exists already.
lock: .venv/test.stamp
	rm -f .venv/lab.lock .venv/test.lock
	$(COMPILE) --group build -o .venv/lab.lock
	$(COMPILE) --group dev -c .venv/lab.lock -o .venv/test.lock
	mv .venv/lab.lock requirements.lock
	mv .venv/test.lock tests/requirements.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks artefacts build dist
	rm -rf tests/npm/node_modules
	find enumlab tests notebooks -name __pycache__ -prune -exec rm -rf {} +
	find notebooks -name .ipynb_checkpoints -prune -exec rm -rf {} +

# A stamp is written last, so an interrupted install is taken up again.
.venv/made.stamp:
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "There is no '$(PYTHON)' here. Install Python 3.11 or newer, or name one: make lab PYTHON=python3.12"; \
		exit 1; }
	@"$(PYTHON)" -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
		echo "'$(PYTHON)' is $$("$(PYTHON)" --version 2>&1), but 3.11 or newer is needed. Name another: make lab PYTHON=python3.12"; \
		exit 1; }
	@"$(PYTHON)" -c "import ensurepip, venv" 2>/dev/null || { \
		echo "'$(PYTHON)' cannot make a virtual environment. On Debian and Ubuntu: sudo apt-get install python3-venv"; \
		exit 1; }
	"$(PYTHON)" -m venv .venv
	@touch $@

.venv/lab.stamp: .venv/made.stamp requirements.lock pyproject.toml
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/test.stamp: .venv/lab.stamp tests/requirements.lock
	$(INSTALL) --require-hashes -r tests/requirements.lock
	@touch $@

# Tests that need these packages are skipped where there is no npm, and say so.
.venv/npm.stamp: .venv/made.stamp tests/npm/package-lock.json
	if command -v npm >/dev/null; then npm ci --prefix tests/npm --no-audit --no-fund --loglevel=error; fi
	@touch $@
