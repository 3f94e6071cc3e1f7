# make demo    synthesize speech full of names, decode it without and with a list, show what changed (exp/demo/report.html)
# make test    the test suite
# make lint    ruff and mypy
# make docs    the site of docs/ in exp/site, its links checked (those to other sites for their form), and its examples run
# make dist    a wheel and an sdist in dist/, their content checked, and the wheel installed into an empty environment and used
# make fuzz    a million broken files through every reader; FUZZ_INPUTS=10000 for fewer, FUZZ_ARGS=--help for the options
# make bench   measurements that need no external data: the compiler, and this system beside its peers (flashlight-text,
#              kaldi-decoder, sherpa-onnx, ...); BENCH_ARGS="DATA WORDS" for other speech than synthetic one, BENCH_ARGS=--help
#              for the options; the others are in benchmarks/
# make figures the pictures of the page "How it works" (needs graphviz); others: docs/figures/evidence.py, report.sh
# Each makes .venv where there is none. PYTHON=python3.11 names another interpreter to make it with.

PYTHON ?= $(firstword $(foreach p,python3.11 python3,$(shell command -v $(p))))
BIN := .venv/bin

demo: .venv/ready
	$(BIN)/wfst-bias demo

test: .venv/ready
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal --durations 20

docs: .venv/ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --config-file docs/site/mkdocs.yml
	$(BIN)/python -m pytest tests/docs -m docs --numprocesses auto --maxprocesses 4

dist: .venv/ready
	rm -rf dist build
	$(BIN)/python -m build --outdir dist
	$(BIN)/twine check --strict dist/*
	$(BIN)/python .ci/check_dist.py dist

FUZZ_INPUTS ?= 1000000
fuzz: .venv/ready
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m fuzz --inputs $(FUZZ_INPUTS) $(FUZZ_ARGS)

bench: .venv/ready
	$(BIN)/python -m pip install --quiet --no-build-isolation --editable '.[bench]'
	$(BIN)/python benchmarks/ctc_product.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/compare_peers.py $(BENCH_ARGS)

figures: .venv/ready
	$(BIN)/python docs/figures/graphs.py
	$(BIN)/python docs/figures/speech.py
	$(BIN)/python docs/figures/swap.py

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/mypy

# pip 25.3: later versions reject the tag of k2's wheel. .venv/ready is written only after all steps succeeded.
.venv/ready: requirements.txt requirements-k2.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 is needed, found " + sys.version.split()[0] + "; run make PYTHON=/path/to/python3.11" if sys.version_info[:2] != (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet pip==25.3
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-k2.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: demo test docs dist fuzz bench figures lint
