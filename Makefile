# All set-up happens here: `make demo` and `make test` need git, make and Python 3.11 or newer, nothing else.

DATA ?= ./.demo
PORT ?= 8000
COUNTRY ?= SE
TESTS ?=
SHEETS ?= ./.sheets

BIN := .venv/bin
PYTEST = KUNNIG_CHROMIUM="$$(.setup/find.sh chromium)" PATH="$$PATH:$$(.setup/find.sh postgresql)" \
	exec $(BIN)/python -m pytest -n 2
LOOK = KUNNIG_CHROMIUM="$$(.setup/find.sh chromium)" exec $(BIN)/python -m
LIGHTHOUSE := .setup/lighthouse/node_modules/.package-lock.json

COMPILE = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" --all-extras --group build pyproject.toml

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo serve test thorough lighthouse sheets lint format texts lock clean program tools system

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: program ## a municipality to click around in, on http://127.0.0.1:8000 (PORT=8080 DATA=./folder COUNTRY=NO)
	@exec $(BIN)/kunnig demo --data "$(DATA)" --port "$(PORT)" --country "$(COUNTRY)"

serve: program ## the program as in production; its settings come from KUNNIG_*
	@$(BIN)/kunnig migrate
	@exec $(BIN)/kunnig serve

test: system lint ## lint and all tests (TESTS=tests/learning for some)
	@$(PYTEST) $(TESTS)

thorough: system ## the tests that take long
	@.setup/system.sh nginx
	@$(PYTEST) -m thorough --timeout=3600 $(TESTS)

lighthouse: tools ## scores of a learner's pages on a phone; fails below 98 for performance, 100 for the rest
	@.setup/system.sh pango playwright chromium node
	@$(MAKE) --quiet $(LIGHTHOUSE)
	@$(LOOK) tests.journeys.lighthouse

sheets: tools ## pictures of every page at four widths, light and dark, to be looked through (SHEETS=./folder)
	@.setup/system.sh pango playwright chromium
	@$(LOOK) tests.journeys.sheets "$(SHEETS)"

$(LIGHTHOUSE): .setup/lighthouse/package-lock.json
	npm ci --prefix .setup/lighthouse --ignore-scripts --no-audit --no-fund --silent

lint: tools ## format, rules, types, what may import what, dependencies, templates, spelling
	$(BIN)/ruff format --check --quiet --output-format concise
	$(BIN)/ruff check --quiet --output-format concise
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/codespell

format: tools ## set the code in its form and repair what can be repaired
	$(BIN)/ruff check --quiet --fix-only
	$(BIN)/ruff format

texts: tools ## take new texts of code and templates into lms/locale/*.po, to be translated there
	$(BIN)/pybabel --quiet extract -F pyproject.toml --add-location file --sort-by-file --omit-header -o .texts.pot .
	for language in sv nb fi; do $(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --omit-header --width 110 \
		-i .texts.pot -l $$language -o lms/locale/$$language.po; done
	rm .texts.pot

lock: tools ## choose the newest packages pyproject.toml allows, and write them down with their hashes
	$(BIN)/python -m pip install --quiet --upgrade uv
	$(COMPILE) --group dev --output-file .setup/test.lock
	$(COMPILE) --constraint .setup/test.lock --output-file .setup/run.lock

clean: ## remove the environment and all caches; the demo's data stays
	rm -rf .venv .setup/lighthouse/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

# What the program needs on this machine, the tools for tests, and the programs for tests; quick once it is there.
program:
	@.setup/python.sh run
	@.setup/system.sh pango

tools:
	@.setup/python.sh test

system: tools
	@.setup/system.sh pango playwright chromium postgresql
