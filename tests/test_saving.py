"""Networks on disk: they come back the same, and damaged folders are refused by name."""

import contextlib
import json
import os

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from theory_strategies import FORMATS, KEYS, bits, compiled

import deltaword as dw
from deltaword import languages
from deltaword.automata.errors import CorruptFile, NotReadable, NotSerializable, NotWritable
from deltaword.nets.certify import live_weights
from deltaword.theory.checker.weights import digest, read_safetensors


@pytest.mark.parametrize("name", ["parity", "S_3", "permutation_reset_3", "seen_a_seen_b", "cycle_navigation"])
@pytest.mark.parametrize("dtype", FORMATS)
def test_a_network_comes_back_the_same(tmp_path, name, dtype):
    dfa = languages.get(name)
    for keys in KEYS:
        net = compiled(dfa, keys, dtype)
        net.save(tmp_path / "new" / keys)
        back = dw.load(tmp_path / "new" / keys)
        assert back.dfa == dfa
        assert back.plan == net.plan
        assert not any(parameter.requires_grad for parameter in back.parameters())
        mine, theirs = net.state_dict(), back.state_dict()
        assert mine.keys() == theirs.keys()
        for key in mine:
            assert mine[key].dtype == theirs[key].dtype
            assert torch.equal(mine[key], theirs[key])
        word = list(dfa.alphabet) * 3
        assert back.states(word) == net.states(word) == dfa.states(word)


def test_saving_again_replaces_what_was_there(tmp_path):
    compiled(languages.get("S_3")).save(tmp_path)
    compiled(languages.get("parity"), "unit", torch.float16).save(tmp_path)
    assert dw.load(tmp_path).dfa == languages.get("parity")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["network.json", "weights.safetensors"]


@pytest.mark.parametrize("dtype", FORMATS)
def test_the_checker_reads_the_file_as_safetensors_does(tmp_path, dtype):
    net = compiled(languages.get("even_a_since_b"), "raw", dtype)
    with torch.no_grad():
        for parameter in net.layer.parameters():
            parameter.add_(torch.randn(parameter.shape).to(dtype))
    net.save(tmp_path)
    mine, theirs = (
        read_safetensors(tmp_path / "weights.safetensors"),
        safetensors.torch.load_file(tmp_path / "weights.safetensors"),
    )
    assert mine.keys() == theirs.keys()
    for key, tensor in mine.items():
        if key == "accepting":
            assert tensor.flags().tolist() == theirs[key].tolist()
        else:
            assert bits(torch.from_numpy(tensor.numbers()).double()) == bits(theirs[key].double())
    assert digest(mine) == digest(live_weights(net))


def test_the_digest_notices_every_entry_name_type_and_shape():
    net = compiled(languages.get("even_a_since_b"))
    seen = {digest(live_weights(net))}
    for name, tensor in net.state_dict().items():
        for place in range(tensor.numel()):
            changed = {key: value.clone() for key, value in net.state_dict().items()}
            flat = changed[name].view(-1)
            flat[place] = not flat[place] if tensor.dtype == torch.bool else flat[place] + 1
            other = compiled(languages.get("even_a_since_b"))
            other.load_state_dict(changed)
            seen.add(digest(live_weights(other)))
    assert len(seen) == 1 + sum(tensor.numel() for tensor in net.state_dict().values())
    weights = live_weights(net)
    transposed = dict(weights)
    query = weights["layers.0.query"]
    transposed["layers.0.query"] = type(query)(query.dtype, query.shape[::-1], query.raw)
    assert digest(transposed) not in seen


# ---------------------------------------------------------------------- refusals


@pytest.fixture
def folder(tmp_path):
    compiled(languages.get("S_3")).save(tmp_path)
    return tmp_path


def test_folders_that_are_not_there_cannot_be_read(folder):
    with pytest.raises(NotReadable):
        dw.load(folder / "nowhere")
    (folder / "weights.safetensors").unlink()
    with pytest.raises(NotReadable):
        dw.load(folder)


@pytest.mark.parametrize("which", ["network.json", "weights.safetensors"])
@pytest.mark.parametrize("left", [0, 1, 8, 100, -2])
def test_files_cut_short_are_corrupt(folder, which, left):
    path = folder / which
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(CorruptFile):
        dw.load(folder)


def edited(folder, edit):
    path = folder / "network.json"
    data = json.loads(path.read_text())
    edit(data)
    path.write_text(json.dumps(data))


EDITS = {
    "another format": lambda d: d.update(format="x"),
    "another version": lambda d: d.update(version=2),
    "no machine": lambda d: d.pop("dfa"),
    "no plan": lambda d: d.pop("plan"),
    "a plan of a list": lambda d: d.update(plan=[]),
    "a plan of text": lambda d: d.update(plan="plan"),
    "no layers": lambda d: d["plan"].update(layers=[]),
    "layers of numbers": lambda d: d["plan"].update(layers=[5]),
    "one head too many": lambda d: d["plan"]["layers"][0].update(heads=2),
    "no heads": lambda d: d["plan"]["layers"][0].update(heads=0),
    "minus one head": lambda d: d["plan"]["layers"][0].update(heads=-1),
    "half a head": lambda d: d["plan"]["layers"][0].update(heads=0.5),
    "a head of text": lambda d: d["plan"]["layers"][0].update(heads="1"),
    "endless heads": lambda d: d["plan"]["layers"][0].update(heads=10**30),
    "infinite heads": lambda d: d["plan"]["layers"][0].update(heads=float("inf")),
    "a gate": lambda d: d["plan"]["layers"][0].update(gated=True),
    "another size": lambda d: d["plan"]["layers"][0].update(K=4),
    "considered numbers": lambda d: d["plan"].update(considered=[1]),
    "considered nothing": lambda d: d["plan"].update(considered=None),
    "another letter": lambda d: d["dfa"].update(alphabet=d["dfa"]["alphabet"][:-1]),
    "another machine": lambda d: d.update(dfa=languages.get("parity").to_json()),
    "nothing": lambda d: d.clear(),
}


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize("name", EDITS)
def test_descriptions_that_do_not_fit_are_corrupt(folder, name):
    edited(folder, EDITS[name])
    with pytest.raises(CorruptFile):
        dw.load(folder)


@pytest.mark.parametrize("missing", ["readout.weight", "readout.bias", "accepting", "layers.0.query"])
def test_weights_without_a_tensor_are_corrupt(folder, missing):
    weights = safetensors.torch.load_file(folder / "weights.safetensors")
    del weights[missing]
    safetensors.torch.save_file(weights, folder / "weights.safetensors")
    with pytest.raises(CorruptFile):
        dw.load(folder)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.int8])
def test_weights_that_are_no_floats_are_corrupt(folder, dtype):
    weights = safetensors.torch.load_file(folder / "weights.safetensors")
    safetensors.torch.save_file({name: tensor.to(dtype) for name, tensor in weights.items()}, folder / "weights.safetensors")
    with pytest.raises(CorruptFile):
        dw.load(folder)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_flipped_bit_raises_anything_but_a_named_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("flip")
    compiled(languages.get("parity")).save(folder)
    path = folder / data.draw(st.sampled_from(["network.json", "weights.safetensors"]))
    raw = bytearray(path.read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(raw))
    with contextlib.suppress(CorruptFile):
        dw.load(folder)


def test_where_nothing_can_be_written_nothing_is(folder):
    net = compiled(languages.get("parity"))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(NotWritable):
        net.save(folder / "network.json")
    with pytest.raises(NotWritable):
        net.save(folder / "network.json" / "below a file")
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_letters_that_json_cannot_hold_are_refused_and_nothing_is_written(tmp_path):
    net = compiled(dw.DFA([[0, 1], [1, 0]], 0, [1], [frozenset("a"), frozenset("b")]))
    with pytest.raises(NotSerializable):
        net.save(tmp_path / "net")
    assert not (tmp_path / "net").exists()


def test_a_write_that_breaks_off_leaves_the_old_file(folder, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWritable, match="No space left"):
        compiled(languages.get("parity")).save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_tuple_letters_survive_saving(tmp_path):
    dfa = dw.DFA([[0, 1, 0], [1, 0, 1]], 0, [1], [("turn", 1), "stay", 7])
    net = compiled(dfa)
    net.save(tmp_path)
    back = dw.load(tmp_path)
    assert back.dfa.alphabet == dfa.alphabet
    assert back.states([("turn", 1), "stay", 7]) == dfa.states([("turn", 1), "stay", 7])
