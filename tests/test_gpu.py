"""On a CUDA device: the compiled networks stay exact there, and the reference recurrence gives the same bits as on the CPU."""

from typing import Any

import numpy as np
import pytest
import torch

import deltaword as dw
from deltaword.kernels.reference import recurrence

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]

FORMATS = [torch.bfloat16, torch.float16, torch.float32, torch.float64]
MACHINES = [
    "parity",
    "mod_5",
    "S_3",
    "S_5",
    "permutation_reset_5",
    "dyck_1_depth_3",
    "saturating_counter_3",
    "flip_flop",
    "seen_a_seen_b",
]


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@pytest.mark.parametrize("keys", ["raw", "unit"])
@pytest.mark.parametrize("name", MACHINES)
def test_a_compiled_network_tracks_its_machine_on_the_gpu(name, keys, dtype):
    dfa = dw.languages.get(name)
    net = dw.compile(dfa, keys=keys).to("cuda", dtype)
    tokens = np.random.default_rng(0).integers(0, dfa.n_letters, (64, 256))
    named = net(torch.from_numpy(tokens).cuda()).argmax(-1).cpu().numpy()
    np.testing.assert_array_equal(named, dfa.run(tokens)[:, 1:])
    assert dw.certify(net, dfa).grade == 1


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
def test_the_recurrence_gives_the_same_bits_on_both_devices(dtype):
    draw = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=draw, dtype=torch.float64).to(dtype)

    B, T, n_h, H, K, V = 2, 50, 3, 2, 11, 5
    q, k, v = normal(B, T, H, K), normal(B, T, n_h, H, K) / 4, normal(B, T, n_h, H, V)
    inputs: Any = q, k, v, normal(B, T, n_h, H), normal(B, T, H) / 4, normal(B, H, K, V)
    here = recurrence(*inputs)
    there = recurrence(*(x.cuda() for x in inputs))
    for cpu, gpu in zip(here, there, strict=True):
        assert torch.equal(cpu, gpu.cpu())
