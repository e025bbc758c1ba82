# make demo   three machines compiled, proved, saved and checked again
# make test   lint, format, types, all tests
# Both set up .venv themselves, from Python 3.11 or newer (another one: make demo PYTHON=/path/to/python).
# Also: hunt (the property tests, on new cases), docs, docs-links, lint, types, bench (all measurements), sweep (the exhaustive one),
#       constraints (new pins), clean.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test hunt lint types sweep bench docs docs-links constraints clean

BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet --quiet
INSTALLED := .venv/installed
INSTALLED_TEST := .venv/installed-test

help:
	@sed -n '1,5s/^# //p' Makefile

demo: $(INSTALLED)
	@$(BIN)/deltaword demo

# One thread for torch in each of the two processes; together they use two cores.
test: lint types
	@OMP_NUM_THREADS=1 $(BIN)/pytest --no-header -n 2 --dist loadfile

# The tests draw the same cases on every run. This draws others, of the property tests alone; a failure prints how to draw it again.
hunt: $(INSTALLED_TEST)
	@OMP_NUM_THREADS=1 $(BIN)/pytest --no-header -n 2 --dist worksteal --hypothesis-profile hunt -m "hypothesis and not gpu" tests

lint: $(INSTALLED_TEST)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }
	@echo "lint and format: clean"

types: $(INSTALLED_TEST)
	@$(BIN)/pyright

sweep: $(INSTALLED_TEST)
	@$(BIN)/python bench/closure_sweep.py

# Scripts, so that bench/ and not the checkout itself is on sys.path (CONTRIBUTING.md says why).
bench: $(INSTALLED_TEST)
	@for script in $$(grep -l __main__ bench/*.py); do \
	    echo "--- $$script"; $(BIN)/python $$script || failed="$$failed $$script"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

# Warnings are errors; then every link inside the site is followed, and nothing may come from a network. Links that lead out: docs-links.
docs: $(INSTALLED_TEST)
	@OMP_NUM_THREADS=1 $(BIN)/sphinx-build -q -W --keep-going -j 2 -b html docs docs/_build/html
	@$(BIN)/python docs/pages/checking.py docs/_build/html

docs-links: $(INSTALLED_TEST)
	@$(BIN)/sphinx-build -q -j 2 -b linkcheck docs docs/_build/links

# ---------------------------------------------------------------------- set-up

# A stamp that is older than pyproject.toml or constraints.txt has the install done again.
$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing deltaword in .venv ..."
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(INSTALLED_TEST): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing deltaword and its test tools in .venv ..."
	@$(PIP) install -c constraints.txt -e '.[test]'
	@touch $(INSTALLED) $@

# pip is the last thing that venv puts in place. Of several Pythons the first that is new enough is taken.
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14 python)
$(BIN)/pip:
	@for python in $(PYTHONS); do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "deltaword needs Python 3.11 or newer; looked for as: $(PYTHONS). Name yours: make demo PYTHON=/path/to/python" >&2; \
	    exit 1; \
	fi; \
	echo "making .venv with $$($$found --version) ..."; \
	$$found -m venv --clear .venv

# The newest versions that pyproject.toml admits, found in a throw-away environment. torch is pinned by hand, without the
# "+cpu" of some builds, and without the CUDA packages that others bring; so is triton, to the version that torch's CUDA builds need.
TORCH := torch==2.13.0
TRITON := triton==3.7.1
constraints: | $(BIN)/pip
	@set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	$(BIN)/python -m venv "$$scratch"; \
	"$$scratch/bin/pip" --disable-pip-version-check --quiet --quiet install -e '.[test]' '$(TORCH)'; \
	grep '^#' constraints.txt > "$$scratch/new"; \
	"$$scratch/bin/pip" freeze --all --exclude-editable --exclude pip | sed 's/^torch==.*/$(TORCH)/' \
	    | sed 's/^triton==.*/$(TRITON)/' | grep -Ev '^(nvidia|cuda)' >> "$$scratch/new"; \
	cp "$$scratch/new" constraints.txt

clean:
	@rm -rf .venv build dist docs/_build *.egg-info .pytest_cache .ruff_cache .hypothesis demo-networks
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
