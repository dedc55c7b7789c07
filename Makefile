# What there is to do here. Each line calls a script in scripts/, which needs only python3 >= 3.11 with venv.
.PHONY: setup test check sandbox demo bench

setup:  ## a private environment in .venv, and the checks before each commit
	./scripts/setup

test:  ## the checks, then all tests
	./scripts/test

check:  ## ruff, mypy, the import contracts, codespell
	./scripts/check

sandbox: setup  ## two emulated desks full of tickets, to try things on
	.venv/bin/syncer sandbox

demo:  ## the whole story in one command
	./scripts/demo

bench:  ## speed, beside a plain aiohttp pipeline
	./scripts/bench
