# `make run` and `make test` are all that a fresh machine with Python 3.11+, git and make needs.
PYTHON ?= python3
# Where PyTorch's CPU build is not what your index gives: make setup TORCH_ARGS="--index-url …"
TORCH_ARGS ?=
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: setup run s3 s3-stop test thorough check deps picture bench retrieval mutants lock clean help

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: .venv/installed ## make .venv and install what constraints.txt locks

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "error: $(PYTHON) is older than 3.11; name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt $(TORCH_ARGS) torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,dev]'
	@touch $@

run: setup ## build two Versions of the sample corpus, score them, open the workbench
	winnow run
	winnow run --experiment small-chunks --set chunk.size=80
	winnow app

s3: setup ## serve S3 here, data in memory, and point DVC's remote at it
	@python -m deploy.local_s3 start

s3-stop: setup ## stop serving S3, and take that remote out again
	@python -m deploy.local_s3 stop

test: setup ## run every test but the benchmarks and the thorough ones
	python -m pytest -n 2 --dist loadfile --durations=10 --durations-min=1

thorough: setup ## run what takes a whole project again for each test
	python -m pytest -n 2 --dist loadfile -m thorough

check: setup ## lint, types, layers, workflows
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-cache
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	zizmor --offline --quiet .github/workflows

deps: setup ## write into dvc.yaml what code each stage can execute
	python -m tests.support.stage_deps

picture: setup ## draw docs/packages.svg from the import contracts
	python -m tests.support.package_picture

bench: setup ## time Winnow beside LlamaIndex and LangChain, then Winnow's own growth
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,dev,bench]'
	python -m benchmarks.side_by_side
	python -m benchmarks.growth
	python -m benchmarks.index_growth

retrieval: setup ## measure retrieval settings and published figures (needs the shared data)
	python -m benchmarks.retrieval_table ../shared/data --set chunk.method=recursive --set chunk.size=200
	python -m pytest -m benchmark -s benchmarks

mutants: setup ## what share of small faults in gate, evidence, receipts and fusion do tests notice?
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,dev,mutation]'
	python -m benchmarks.mutants

lock: setup ## renew constraints.txt
	pip-compile --quiet --upgrade --all-extras --strip-extras --allow-unsafe --no-header --no-annotate \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
	  --output-file constraints.txt pyproject.toml
	@# A local build tag names one machine's wheel, not a release.
	sed -i.tmp -E 's/(==[^+ ]+)\+[a-z0-9.]+/\1/' constraints.txt && rm constraints.txt.tmp

clean: ## remove the environment, the caches and what the pipeline wrote
	@test ! -f .winnow/s3.json || python -m deploy.local_s3 stop
	rm -rf .venv .winnow .dvc/cache .dvc/tmp .mypy_cache .ruff_cache .pytest_cache *.egg-info
	rm -rf data/documents data/chunks data/encoder data/embeddings data/index data/version data/answers data/scorecard
