"""What a hostile review found, each once: damage that fooled a certificate, or that a certificate did not survive."""

import json

import pytest
import torch

import deltaword as dw

PARITY = dw.DFA([[0, 1], [1, 0]], 0, [1], "01")


@pytest.fixture
def net():
    return dw.compile(PARITY)


@torch.no_grad()
def test_subnormal_readouts_are_not_certified(net):
    """Some bfloat16 matrix products, on larger shapes, take them for 0: parity went wrong at 3,000 letters."""
    net.to(torch.bfloat16)
    net.readout.weight.mul_(2.0**-128)
    net.readout.bias.mul_(2.0**-128)
    assert not dw.certify(net, PARITY).holds


@torch.no_grad()
def test_subnormal_projections_are_not_certified(net):
    net.to(torch.bfloat16)
    net.layer.k_proj.weight.mul_(0.7)  # off the grid of whole numbers, so that grade 1 is out of the question
    net.layer.v_proj.weight[0, 0] = 2.0**-130
    certificate = dw.certify(net, PARITY)
    assert not certificate.holds
    assert "nothing is proved" in certificate.reason


@torch.no_grad()
def test_normal_readouts_are_still_certified(net):
    net.to(torch.bfloat16)
    net.readout.weight.mul_(2.0**-100)
    net.readout.bias.mul_(2.0**-100)
    assert dw.certify(net, PARITY).holds


@torch.no_grad()
def test_a_huge_key_of_a_step_that_does_nothing_is_not_certified_in_chunks():
    """There k·k overflows, and 0 · inf is no number."""
    net = dw.compile(dw.DFA([[0, 0]], 0, [0], "ab"))
    net.layer.k_proj.weight.fill_(2.0**70)
    certificate = dw.certify(net)
    assert certificate.holds
    assert not certificate.chunked


def test_networks_without_numbers_give_a_verdict(net):
    assert not dw.certify(dw.compile(PARITY).to("meta"), PARITY).holds
    net.readout.weight = torch.nn.Parameter(net.readout.weight.to_sparse(), requires_grad=False)
    assert not dw.certify(net, PARITY).holds


def test_an_embedding_of_width_0_gives_a_verdict(net):
    for linear in (net.layer.k_proj, net.layer.v_proj, net.layer.b_proj):
        linear.weight = torch.nn.Parameter(linear.weight[:, :0])
    net.embedding.weight = torch.nn.Parameter(net.embedding.weight[:, :0])
    assert not dw.certify(net, PARITY).holds


@pytest.mark.parametrize(
    "change", [{"reason": "also proved on Mars"}, {"pairs": 10**9}, {"pairs": -5}, {"counterexample": [0, 1]}], ids=str
)
def test_what_a_certificate_tells_beside_its_claim_must_be_true_as_well(net, tmp_path, change):
    net.save(tmp_path)
    path = tmp_path / "certificate.json"
    dw.certify(net).save(path)
    assert dw.check(path, tmp_path) is True
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert dw.check(path, tmp_path) is False


@pytest.mark.parametrize("change", [{"grade": True}, {"proved_by": "me"}], ids=str)
def test_a_certificate_of_another_shape_is_named(net, tmp_path, change):
    net.save(tmp_path)
    path = tmp_path / "certificate.json"
    dw.certify(net).save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(dw.errors.CorruptFile):
        dw.check(path, tmp_path)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.float32], ids=str)
def test_tokens_of_another_type_are_refused_by_name(net, dtype):
    for words in (torch.zeros(2, 3, dtype=dtype), torch.zeros(2, 0, dtype=dtype)):
        with pytest.raises(dw.errors.UnknownLetter, match="int64"):
            net.accepts_batch(words)
    with pytest.raises(dw.errors.UnknownLetter, match="should be int64"):
        net.accepts_batch(torch.tensor([1, 0]))
