# Everything here is safe to run again. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help up down test check bench lock clean-cache
PYTHON := .venv/bin/python

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.complete: requirements/dev.lock
	@sh lab/bootstrap.sh

up: .venv/.complete ## from nothing to a running three-node swarm that has answered one chat request; with LAB_ARM=1, oracle is an emulated ARM machine (an hour more)
	@$(PYTHON) -m lab up

down: .venv/.complete ## remove the lab: containers, networks, volumes, Pulumi state
	@$(PYTHON) -m lab down

check: .venv/.complete ## format, lint, types and every test that needs no engine and no Docker
	@$(PYTHON) -m lab check

test: .venv/.complete ## `check`, then the end-to-end tests on the lab (brings the lab up)
	@$(PYTHON) -m lab test

bench: .venv/.complete ## how long preview and up take, and how they grow (half an hour)
	@$(PYTHON) -m bench.engine

lock: .venv/.complete ## pin the requirements anew, with hashes and without index addresses
	@.venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate --python-version 3.11 requirements/dev.in --output-file requirements/dev.lock

clean-cache: .venv/.complete ## remove everything that can be built again: engine, images, downloads; then `make up`
	@$(PYTHON) -m lab clean-cache
