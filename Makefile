# Each target does all its own set-up; what is there already is left alone.
PYTHON ?= python3
BIN := .venv/bin
# The environment's programs come last: Node from the environment serves only where the machine has none.
unexport PYTHONPATH # the packages in .venv are meant, whatever else the caller works on
export PATH := $(PATH):$(CURDIR)/$(BIN)
RULES = cnn_lessons/classroom/grading/inside/nbval_sanitize.cfg
NOTEBOOKS = --nbval --nbval-current-env --nbval-cell-timeout 120 --nbval-sanitize-with $(RULES)
# Two workers on two cores: more threads inside them would only stand in each other's way. Tests and notebooks share one
# queue of files, in the order of tests/conftest.py: the longest first.
WORKERS = -n 2 --dist loadfile --no-loadscope-reorder
# What `make test` runs: TESTS="tests/test_book.py notebooks/02_convolution.ipynb" picks; TESTS="tests notebooks --run slow"
# also runs the tests marked slow.
TESTS = tests notebooks

.DEFAULT_GOAL := help
.NOTPARALLEL: # the goals share one environment and one book
.PHONY: help book pdf epub test lint links outdated bench runs score picture address clean

help: ## show this list
	@echo "CNN Lessons. Begin with: make book"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 17

book: ## set up, run the chapters, write the book to _build/html
	@"$(PYTHON)" tools/setup.py book
	@$(BIN)/python tools/book.py

pdf: ## set up, build the book, print it to _build/cnn-lessons.pdf
	@"$(PYTHON)" tools/setup.py pdf
	@$(BIN)/python tools/book.py
	@$(BIN)/python tools/editions.py pdf

epub: ## set up, build the book, write the e-book to _build/cnn-lessons.epub
	@"$(PYTHON)" tools/setup.py pdf
	@$(BIN)/python tools/book.py
	@$(BIN)/python tools/editions.py epub

test: ## set up, build the book and its editions, run every test and every notebook
	@"$(PYTHON)" tools/setup.py test
	@$(BIN)/python tools/book.py
	@$(BIN)/python tools/editions.py pdf epub
	env -u CNN_LESSONS_STRICT -u CNN_LESSONS_VERDICTS -u CNN_LESSONS_TIME_LIMIT OMP_NUM_THREADS=1 CNN_LESSONS_BUDGET=cpu \
		$(BIN)/python -m pytest $(NOTEBOOKS) -q $(WORKERS) $(TESTS)

lint: ## check style and likely bugs
	@"$(PYTHON)" tools/setup.py book
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

links: book ## follow every link of the built book, to other places too where there is a network
	$(BIN)/python tools/links.py

outdated: ## say which pins are behind the newest releases; TRY=--try also says what breaks with them
	@"$(PYTHON)" tools/setup.py book
	$(BIN)/python tools/outdated.py $(TRY)

bench: book ## measure conv2d, training and grading against the plain way, and the pages
	@"$(PYTHON)" tools/setup.py test
	$(BIN)/python tools/bench.py
	$(BIN)/python tools/bench_training.py
	$(BIN)/python tools/bench_classroom.py
	$(BIN)/python tools/bench_pages.py

runs: ## list the commands that train the planned runs, recorded or not
	@"$(PYTHON)" tools/setup.py book
	@$(BIN)/python -m cnn_lessons repeat --commands

score: ## try the checks on all wrong answers and write tests/kill_score.json
	@"$(PYTHON)" tools/setup.py book
	cd tests && ../$(BIN)/python -m wrong_answers.score

picture: book ## take the README's picture anew from the built book
	@"$(PYTHON)" tools/setup.py pdf
	$(BIN)/python tools/picture.py

address: ## make every link show your copy: make address URL=https://github.com/someone/fork
	@"$(PYTHON)" tools/address.py "$$URL"

clean: ## remove the built book; what was downloaded stays (.venv, _build/vendor)
	[ ! -d _build ] || find _build -mindepth 1 -maxdepth 1 ! -name vendor -exec rm -rf {} +
	rm -rf .pytest_cache .ruff_cache
