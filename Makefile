# Two commands from a fresh clone: `make demo` and `make test`. Both build .venv from requirements.lock.
PYTHON ?= python3
# Python compiles what it imports by itself, in less time than pip takes for all.
PIP = .venv/bin/pip install --no-compile --quiet --disable-pip-version-check --constraint requirements.lock

.PHONY: demo test test-full lab workshop lint clean
demo: .venv/.core data/demo/engagement.toml
	.venv/bin/gtm run demo

data/demo/engagement.toml: $(wildcard templates/demo/*) | .venv/.core
	.venv/bin/python -m templates.demo

test: .venv/.dev
	.venv/bin/python -m tests

test-full: .venv/.dev
	.venv/bin/python -m tests --full

lab: .venv/.lab
	.venv/bin/jupyter lab notebooks

NAME ?= demo
workshop: .venv/.lab data/demo/engagement.toml
	.venv/bin/gtm workshop $(NAME)

lint: .venv/.dev
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

clean:
	rm -rf .venv

# What is installed beside the workbench itself; with an extra, it is there too.
.venv/.dev: EXTRA = [dev]
.venv/.lab: EXTRA = [lab]
.venv/.core .venv/.dev .venv/.lab: requirements.lock pyproject.toml
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) --editable ".$(EXTRA)"
	touch .venv/.core $@
