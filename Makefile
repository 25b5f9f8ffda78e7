# Each of `book` and `test` does all its own set-up; what is there already is left alone.
PYTHON ?= python3
BIN := .venv/bin
# The environment's programs come last: Node from the environment serves only where the machine has none.
export PATH := $(PATH):$(CURDIR)/$(BIN)
# Two workers on two cores: more threads inside them would only stand in each other's way.
NOTEBOOKS = --nbval --nbval-current-env --nbval-cell-timeout 120 --nbval-sanitize-with tests/nbval_sanitize.cfg

.DEFAULT_GOAL := help
.PHONY: help book test lint bench score picture clean

help: ## show this list
	@echo "CNN Lessons. Begin with: make book"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 15

book: ## set up, run the chapters, write the book to _build/html
	@$(PYTHON) tools/setup.py book
	@$(BIN)/python tools/book.py

test: ## set up, build the book, run every test and every notebook
	@$(PYTHON) tools/setup.py test
	@$(BIN)/python tools/book.py
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests -q -n 2 --dist loadfile
	OMP_NUM_THREADS=1 CNN_LESSONS_BUDGET=cpu $(BIN)/python -m pytest $(NOTEBOOKS) -q -n 2 --dist loadfile notebooks

lint: ## check style and likely bugs
	@$(PYTHON) tools/setup.py book
	$(BIN)/python -m ruff check .

bench: book ## measure conv2d from scratch against PyTorch's, training against the textbook loop, and the pages
	@$(PYTHON) tools/setup.py test
	$(BIN)/python tools/bench.py
	$(BIN)/python tools/bench_training.py
	$(BIN)/python tools/bench_pages.py

score: ## try the checks on all wrong answers and write tests/kill_score.json
	@$(PYTHON) tools/setup.py book
	cd tests && ../$(BIN)/python -m wrong_answers.score

picture: book ## take the README's picture anew from the built book
	$(BIN)/python tools/picture.py

clean: ## remove the built book; the environment in .venv stays
	rm -rf _build .pytest_cache .ruff_cache
