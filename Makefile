# Each target sets up what it needs: a fresh checkout, Python 3.11, make and git are enough.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SBOM := $(VENV)-sbom
PYTEST_ARGS ?= -n auto
SERVE_ARGS ?=
FUZZ_ARGS ?=
TARGET ?= gate
GUIDED_ARGS ?= -max_total_time=300 -max_len=4096
SOAK_ARGS ?= --minutes 30
BENCH_ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_USER := 0

.DEFAULT_GOAL := help
.PHONY: help setup demo test browser lint prove docs security-page api-fuzz fuzz guided fhir-faults bench sbom audit slow soak lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(STAMP) ## virtual environment with everything in it; leaves .venv/bin/igrt-cds

demo: $(STAMP) ## serve the fixtures in development mode and print the address (SERVE_ARGS="--port 9000")
	$(BIN)/igrt-cds serve $(SERVE_ARGS)

test: $(STAMP) ## the whole test suite (PYTEST_ARGS="-k words" for a part of it)
	-@scripts/ensure_browser.sh
	-@scripts/ensure_tool.sh strace
	-@scripts/ensure_tool.sh nginx
	$(BIN)/pytest $(PYTEST_ARGS)

browser: ## find or install the Chromium that the browser tests drive
	@scripts/ensure_browser.sh

lint: $(STAMP) ## ruff (rules and format), mypy and bandit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive cds_service cards fhir_fixtures scripts

sbom: $(SBOM)/.installed ## what the service is made of, as CycloneDX JSON: build/sbom.json
	@mkdir -p build
	$(SBOM)/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON \
	    --output-file build/sbom.json requirements.lock
	@echo "build/sbom.json"

audit: $(STAMP) ## known vulnerabilities of what is locked; fails too when it cannot reach its data
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off --requirement requirements.lock

slow: $(STAMP) ## 200 slow clients against nginx and serve --production (needs nginx)
	$(BIN)/python -m scripts.slow_clients

soak: $(STAMP) ## half an hour of mixed load, with the memory of the workers (SOAK_ARGS="--minutes 3")
	$(BIN)/python -m scripts.soak $(SOAK_ARGS)

docs: $(STAMP) ## remake the generated pages and tables in docs/, after policies, facts or commands have changed
	$(BIN)/python -m scripts.docs_policies
	$(BIN)/python -m scripts.docs_tables

prove: $(STAMP) ## what the rulebook can show of itself, in twenty minutes at most (docs/prove.md)
	$(BIN)/igrt-cds policies prove

security-page: $(STAMP) ## run the suite and remake docs/security.md with what its tests have shown
	$(BIN)/python -m scripts.docs_security
	CONFORMANCE_RECORD=tests/conformance/last_run.json $(BIN)/pytest $(PYTEST_ARGS)
	$(BIN)/python -m scripts.docs_security

api-fuzz: $(STAMP) ## Schemathesis against the service's own OpenAPI description, some minutes
	$(BIN)/python -m scripts.api_fuzz --examples 2000

fuzz: $(STAMP) ## damaged inputs for application, gate, readers and policy loader (FUZZ_ARGS="--minutes 10")
	$(BIN)/python -m scripts.fuzz $(FUZZ_ARGS)

guided: $(STAMP) ## the same, guided by coverage (TARGET=gate GUIDED_ARGS="-max_total_time=300")
	[ -x $(VENV)-atheris/bin/python ] || $(BIN)/python -m venv $(VENV)-atheris
	$(VENV)-atheris/bin/python -c "import atheris" 2>/dev/null || $(VENV)-atheris/bin/pip install --quiet atheris
	mkdir -p test-results/guided/corpus-$(TARGET)
	PYTHONPATH="$(CURDIR):$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')" \
	    $(VENV)-atheris/bin/python -m scripts.fuzz.guided $(TARGET) $(GUIDED_ARGS) \
	    -artifact_prefix=test-results/guided/ test-results/guided/corpus-$(TARGET)

fhir-faults: $(STAMP) ## answers and other clients while FHIR servers misbehave in eleven ways, 32 calls at once
	$(BIN)/python -m benchmarks.fhir_faults

bench: $(STAMP) ## ratios with median and spread, measured in one run, into docs/performance.md (BENCH_ARGS="--seconds 1")
	-@scripts/ensure_tool.sh wrk
	-@[ -x $(VENV)-healthchain/bin/uvicorn ] || { $(BIN)/python -m venv $(VENV)-healthchain && \
	    $(VENV)-healthchain/bin/pip install --quiet "healthchain==0.16.1" httptools uvloop; }
	$(BIN)/python -m benchmarks --all --healthchain $(VENV)-healthchain --write docs/performance.md $(BENCH_ARGS)

lock: $(BIN)/python ## remake the lock files (UPGRADE=1 to take newer versions)
	scripts/lock.sh $(BIN) $(if $(UPGRADE),--upgrade)

clean: ## remove the virtual environment, caches and build output
	rm -rf $(VENV) $(SBOM) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	scripts/make_venv.sh $(VENV)

$(STAMP): $(BIN)/python requirements-dev.lock pyproject.toml
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(SBOM)/.installed: requirements-sbom.lock
	scripts/make_venv.sh $(SBOM)
	$(SBOM)/bin/pip install --quiet --require-hashes -r requirements-sbom.lock
	@touch $@
