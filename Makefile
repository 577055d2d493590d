# Every target calls one command of dev/ (python3 dev COMMAND), which first sets up what is missing.
# T=... names tests: make test T=relance_fr/tests/run/test_escalation.py::TestX::test_y

PYTHON ?= python3
DEV = $(PYTHON) dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-faults lint i18n shell bench replay screenshots stop

help: ## list these targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## build the whole environment in ~/.cache/relance_fr, or finish what is missing
	@$(DEV) setup

demo: ## Odoo with the addon and sample data, running; prints its address
	@$(DEV) demo

test: ## set up, lint, law tests, Odoo's tests of the addon, system tests; T=... for some of them
	@$(DEV) test $(T)

test-faults: ## the fault tests in full size (500 notices, 20 kills...), then their figures
	@$(DEV) test --faults

lint: ## ruff, pylint-odoo, Odoo's checkers, XML schemas, upgrade_code, translations
	@$(DEV) lint

i18n: ## write relance_fr.pot anew and merge it into fr.po
	@$(DEV) i18n

shell: ## a Python shell on the demo database
	@bin/odoo shell -d relance_fr_demo --no-http

bench: ## the addon and its best open peer, side by side on the same data
	@$(DEV) bench

replay: ## the public sample ledger through the addon, day by day
	@$(DEV) replay

screenshots: ## the screenshots of the user guide, taken anew
	@$(DEV) screenshots

stop: ## stop the private database server
	@$(DEV) stop
