# Every goal sets up what it needs in .venv on its first run.
BIN := .venv/bin

.PHONY: run check test test-long soak bench bench-peers fix lock

run: .venv/.run
	@$(BIN)/reactor demo

check: .venv/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.test_architecture

# Two files at once: each beside another has a Docker Engine of its own, and some measure time. A
# file's tests stay together, for they share what is costly to make.
test: .venv/.dev
	@$(BIN)/pytest -m "not long" --numprocesses 2 --dist loadfile

# pytest exits with 5 when there is nothing to run, which is no failure.
test-long: .venv/.dev
	@$(BIN)/pytest -m long || [ $$? -eq 5 ]

# Load, kills and faults for so many hours: make soak HOURS=8
HOURS := 0.17
soak: .venv/.dev
	@$(BIN)/python -m tests.crash.soak --hours $(HOURS)

bench: .venv/.dev
	@$(BIN)/python -m bench

bench-peers: .venv/.dev
	@$(BIN)/python -m bench.peers

fix: .venv/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# Needs uv. Takes the newest versions that pyproject.toml allows.
LOCK := uv pip compile pyproject.toml --quiet --upgrade --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" --group build
lock:
	@$(LOCK) --output-file requirements.lock
	@$(LOCK) --group dev --output-file requirements-dev.lock

.venv/.run: requirements.lock pyproject.toml
	@.ci/setup run

.venv/.dev: requirements-dev.lock pyproject.toml
	@.ci/setup dev
