# The course's commands. `make` alone lists them.
PYTHON ?= python3
PORT ?= 8000
LAB_OPTIONS ?=
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BUILD := _build
SOURCES := $(BUILD)/sources.txt
UV_VERSION := 0.13.8
MUTMUT_VERSION := 3.8.1

# One BLAS thread a process: the tests and the chapters run several processes.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

# nbgrader and JupyterLab start programs by name.
export PATH := $(CURDIR)/$(BIN):$(PATH)

# Everything that the book and the tests read. Names do not contain spaces.
FOLDERS := $(wildcard book exercises solutions rnncore grading tests benchmarks replications publishing)
FILES := $(shell find $(FOLDERS) -type f ! -name '*.pyc' ! -name '*.svg' ! -path '*/.*' | LC_ALL=C sort) \
	$(wildcard Makefile README.md CONTRIBUTING.md LICENSE _config.yml nbgrader_config.py)
SOLUTIONS := $(filter solutions/%,$(FILES))
MEASURE := $(BIN)/python -m pytest -m alone tests/browser

.PHONY: help install book serve zip pdf site lite testlite lab exercises grade test retest speed bench bench-grading attacks kills mutants page-model replications lint format requirements clean FORCE
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' Makefile

install: $(INSTALLED)  ## make .venv with the pinned requirements and the course itself

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "The course needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	echo "Name another one: make PYTHON=python3.12 install"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The list of sources changes when a file appears or disappears, and only then.
$(SOURCES): FORCE
	@mkdir -p $(BUILD)
	@echo $(FILES) | cmp -s - $@ || echo $(FILES) > $@

book: $(BUILD)/book.done  ## build the book and say where to open it
	@echo
	@echo "The book is built. Open it in a browser:"
	@echo "  file://$(CURDIR)/$(BUILD)/html/index.html"
	@echo "or run \`make serve\`."

# A page that was read before does not repeat its warnings, so a failed build starts
# over next time. The outputs of chapters that ran stay in the execution cache.
$(BUILD)/book.done: $(INSTALLED) $(SOURCES) $(FILES)
	$(BIN)/jupyter-book build . --toc book/_toc.yml -W -n --keep-going \
	|| { rm -rf $(BUILD)/.doctrees; exit 1; }
	@touch $@

serve: book  ## show the book on localhost (PORT=8000)
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(BUILD)/html $(PORT)

zip: $(BUILD)/book.done  ## pack the book into one zip that works by double-click
	$(BIN)/python -m publishing.archive

pdf: $(BUILD)/book.done  ## print the book into one PDF with Chromium; some minutes
	$(BIN)/python -m publishing.pdf

site: zip pdf  ## gather what a web server hands out: pages, zip and PDF
	$(BIN)/python -m publishing.site

# The tools that build JupyterLite get an environment of their own: JupyterLite packs every
# extension of JupyterLab that it finds beside it.
$(BUILD)/lite-tools/.installed: publishing/lite/requirements.txt
	$(PYTHON) -m venv $(BUILD)/lite-tools
	$(BUILD)/lite-tools/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

lite: $(BUILD)/book.done $(BUILD)/lite-tools/.installed  ## build JupyterLite, Python in the browser, and say how to serve it
	$(BIN)/python -m publishing.lite

testlite: lite  ## start that Python in Chromium, without a network
	$(BIN)/python -m pytest tests/browser/lite_boot.py

lab: $(INSTALLED)  ## copy the exercises to work/ (never over your files) and open JupyterLab
	$(BIN)/python -m grading.workspace
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/work $(LAB_OPTIONS)

exercises: $(BUILD)/exercises.done  ## generate exercises/ from solutions/ with nbgrader

$(BUILD)/exercises.done: $(INSTALLED) $(SOURCES) $(SOLUTIONS) nbgrader_config.py
	$(BIN)/python -m grading.release
	@touch $@

grade: $(INSTALLED)  ## grade a class: make grade ASSIGNMENT=02_rnn_cell (OPTIONS="--only ada")
	$(BIN)/python -m grading run $(ASSIGNMENT) $(OPTIONS)

test: $(BUILD)/test.done  ## run every test: code, chapters, exercises, grading, pages in a browser
	@echo "The tests passed, and nothing changed since. \`make retest\` runs them again."

retest:  ## run every test again
	@rm -f $(BUILD)/test.done
	@$(MAKE) --no-print-directory test

# The tests open the built book in a browser. What measures time runs last, by itself.
$(BUILD)/test.done: $(BUILD)/book.done pyproject.toml
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup --nbval-lax \
		-m "not alone" tests book solutions
	$(MEASURE)
	@touch $@

speed: book  ## measure first visits and Lighthouse's scores against their bounds
	$(MEASURE)

bench: $(INSTALLED)  ## measure speed and memory beside PyTorch; about 10 minutes
	$(BIN)/python -m benchmarks

bench-grading: $(INSTALLED)  ## measure how fast 100 submissions are graded; about 15 minutes
	$(BIN)/python -m benchmarks.grading

attacks: $(INSTALLED)  ## attack the grader in every way known here; as root, about 15 minutes
	PYTHONPATH=tests $(BIN)/python -m attacks

kills: $(INSTALLED)  ## kill the grader of a class twenty times, and go on; about 10 minutes
	$(BIN)/python tests/kill_graders.py

mutants: $(INSTALLED)  ## break rnncore line by line; the tests must notice
	$(BIN)/python -m pip install --quiet --disable-pip-version-check mutmut==$(MUTMUT_VERSION)
	$(BIN)/python tests/mutants.py

page-model: $(INSTALLED)  ## train the model that chapter 7 runs in the page; about 5 minutes
	$(BIN)/python -m publishing.character_model

replications: $(INSTALLED)  ## repeat experiments of papers over many seeds, or go on with it; hours
	$(BIN)/python -m replications

lint: $(INSTALLED)  ## check style, and that notebooks carry no outputs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/nbstripout --keep-id --verify $(filter %.ipynb,$(FILES))

format: $(INSTALLED)  ## rewrite sources in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

requirements: pyproject.toml $(INSTALLED)  ## compile requirements.txt from pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
		--no-annotate pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--no-annotate publishing/lite/requirements.in --output-file publishing/lite/requirements.txt

clean:  ## remove what was built (not .venv, not work/)
	rm -rf $(BUILD) book/figures/*.svg
