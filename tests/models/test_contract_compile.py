"""Every head and encoder under torch.compile and torch.export, heights and widths left open."""
from __future__ import annotations

import copy
import shutil
import sysconfig
from pathlib import Path

import pytest
import torch
from contract import COMPONENTS, HEADS, TRACEABLE, Head, each, first_of_each_type
from contract_checks import assert_gradients_near, assert_near, moved, randomise, total
from torch._inductor import config
from torch.export import Dim, export

# What inductor needs to build a kernel: one of its compilers, and Python's headers.
HAS_COMPILER = any(name and shutil.which(name) for name in config.cpp.cxx)
HAS_HEADERS = Path(sysconfig.get_path('include'), 'Python.h').exists()


@pytest.fixture(autouse=True)
def forget_what_is_compiled():
    yield
    torch._dynamo.reset()


@torch.no_grad()
@each(TRACEABLE, fast=['NRDHead'])
def test_compiled_once_for_all_sizes(row, device):
    component = randomise(row.build()).to(device).eval()
    compiled = torch.compile(component, fullgraph=True, dynamic=True, backend='aot_eager')
    with torch._dynamo.config.patch(error_on_recompile=True):
        for size in ((160, 224), (96, 352), (161, 227), (97, 354)):
            example = row.example(size, device=device)
            assert_near(compiled(example), component(example))


@pytest.mark.slow
@each(COMPONENTS)
def test_trains_compiled(row, device):
    check_training(row, 'aot_eager', device)


@pytest.mark.slow
@pytest.mark.skipif(not (HAS_COMPILER and HAS_HEADERS), reason='needs a C++ compiler and Python.h')
@each(first_of_each_type(HEADS))
def test_trains_compiled_to_machine_code(row, device):
    check_training(row, 'inductor', device)


def check_training(row, backend, device):
    # In float32 the last bits decide on which side of a kink a sampled place lies, and with that
    # whole gradients.
    plain = randomise(row.build()).to(device, torch.float64).train()
    component = copy.deepcopy(plain)
    compiled = torch.compile(component, fullgraph=True, dynamic=True, backend=backend)
    for size in ((160, 224), (97, 354)):
        example = moved(row.example(size), device=device, dtype=torch.float64)
        got, expected = compiled(example), plain(example)
        assert_near(got, expected, 1e-9)
        (total(got) + total(expected)).backward()
    assert_gradients_near(component, plain, 1e-9)
    for one, other in zip(component.buffers(), plain.buffers()):
        assert_near(one, other, 1e-9)


@torch.no_grad()
@each(TRACEABLE, fast=['GuidedUpsamplingHead', 'MultiResolutionEncoder'])
def test_exports_a_whole_model_for_images_of_any_size(row, device):
    """A head at the end of a segmentor, an encoder alone."""
    model = row.segmentor() if isinstance(row, Head) else randomise(row.build())
    model.to(device).eval()
    # torch.export takes a side of one pixel for a constant; so no level may have one.
    smallest = max(row.strides) + 1
    sides = {2: Dim('height', min=smallest, max=4096), 3: Dim('width', min=smallest, max=4096)}
    program = export(model, (torch.randn(2, 3, 97, 131, device=device),), dynamic_shapes=(sides,))
    exported = program.module()
    for size in ((97, 131), (smallest, 160), (192, 161), (224, 352)):
        images = torch.randn(2, 3, *size, device=device)
        assert_near(exported(images), model(images))


@pytest.mark.slow
@torch.no_grad()
@each(HEADS)
def test_exports_alone(row, device):
    """With levels whose sides are multiples of those of the last."""
    head, coarsest = randomise(row.build()).to(device).eval(), max(row.strides)
    height, width = Dim('height', min=2, max=128), Dim('width', min=2, max=128)
    sides = [{2: factor * height, 3: factor * width}
             for factor in (coarsest // stride for stride in row.strides)]
    program = export(head, (row.example((3 * coarsest, 5 * coarsest), device=device),),
                     dynamic_shapes=(sides,))
    for size in ((2, 2), (7, 3)):
        levels = row.example([coarsest * side for side in size], device=device)
        assert_near(program.module()(levels), head(levels))
