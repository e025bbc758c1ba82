"""Certificates: what they claim, and what `check` makes of files that were altered, cut short or never there."""

import json
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import copies
from theory_strategies import compiled, fails

import deltaword as dw
from deltaword import Certificate, certify, check, languages
from deltaword.automata.errors import AlphabetMismatch, BadArgument, CorruptFile, NotReadable, NotSerializable, NotWritable

S3 = languages.get("S_3")


@pytest.fixture
def saved(tmp_path):
    """A network, its certificate and the folder that holds both."""
    net = compiled(S3)
    net.save(tmp_path)
    certificate = certify(net)
    certificate.save(tmp_path / "certificate.json")
    return tmp_path, net, certificate


def altered(folder, **changes):
    """The certificate with some entries changed."""
    path = folder / "certificate.json"
    data = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(data))
    return path


def flipped(path, position: int, bit: int = 0):
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(bytes(data))


# ---------------------------------------------------------------------- the claim


def test_a_certificate_says_what_holds(saved):
    _, net, certificate = saved
    assert certificate
    assert (certificate.holds, certificate.grade, certificate.scope, certificate.claim) == (True, 1, "all lengths", "states")
    assert certificate.counterexample is None
    assert (certificate.pairs, certificate.dtype, certificate.dfa) == (6, "F32", S3)
    assert str(certificate).startswith("holds: the network names the machine's state after every word, all lengths (grade 1")
    assert certify(net).weights_digest == certificate.weights_digest
    assert certify(net.to(torch.float16)).weights_digest != certificate.weights_digest


def test_a_false_claim_names_a_word(saved):
    _, net, _ = saved
    with torch.no_grad():
        net.layer.b_proj.weight[:, 3] = 0
    certificate = certify(net)
    assert not certificate
    assert certificate.counterexample == [S3.alphabet[3]]
    assert str(certificate).startswith(f"does not hold: {certificate.counterexample!r} tells them apart")
    assert "✗" in certificate._repr_html_()


def test_an_equivalent_machine_with_other_numbers_is_certified_by_its_language():
    dfa = languages.get("ab_star")
    net = compiled(dfa)
    other = copies(dfa, 3, seed=1)
    assert other.equivalent_to(dfa)
    certificate = certify(net, other)
    assert (certificate.holds, certificate.grade, certificate.claim) == (True, 1, "language")
    assert "accepts the machine's language" in str(certificate)


@pytest.mark.parametrize("other", ["(ab)*|(ba)*", "(ab)+", "a*", "(ab)*abab"])
def test_another_language_is_told_apart_by_a_shortest_word(other):
    dfa, wrong = languages.get("ab_star"), dw.DFA.from_regex(other, "ab")
    net = compiled(dfa)
    certificate = certify(net, wrong)
    assert not certificate.holds
    assert certificate.claim == "language"
    word, shortest = certificate.counterexample, dfa.distinguishing_word(wrong)
    assert word is not None
    assert shortest is not None
    assert net.accepts(word) != wrong.accepts(word)
    assert len(word) == len(shortest)


def test_the_same_table_with_other_accepting_states_fails_at_the_first_word_that_shows_it():
    dfa = languages.get("parity")
    net = compiled(dfa)
    certificate = certify(net, ~dfa)
    assert (certificate.holds, certificate.claim, certificate.counterexample) == (False, "states", "")
    assert fails(net, ~dfa, "")


def test_what_is_no_network_or_no_machine_is_refused_by_name():
    with pytest.raises(BadArgument, match=r"not a Linear; .*transition_matrices"):
        certify(torch.nn.Linear(2, 2))  # pyright: ignore[reportArgumentType]
    with pytest.raises(BadArgument, match=r"'\(01\)\*' is a str, not a machine"):
        certify(dw.constructions.parity(), "(01)*")  # pyright: ignore[reportArgumentType]


def test_machines_over_other_letters_are_refused():
    net = compiled(languages.get("parity"))
    for alphabet in ("ab", "0", "012"):
        table = [[0] * len(alphabet)]
        with pytest.raises(AlphabetMismatch):
            certify(net, dw.DFA(table, 0, [0], alphabet))


def test_the_same_letters_in_another_order_are_put_right():
    dfa = dw.DFA.from_permutations({"r": [1, 2, 0], "s": [1, 0, 2]})
    net = compiled(dfa)
    turned = dw.DFA(dfa.table[:, ::-1], dfa.start, dfa.accepting, "sr")
    certificate = certify(net, turned)
    assert (certificate.holds, certificate.claim) == (True, "states")
    wrong = dw.DFA(dfa.table, dfa.start, dfa.accepting, "sr")
    certificate = certify(net, wrong)
    assert not certificate.holds
    assert net.accepts(certificate.counterexample) != wrong.accepts(certificate.counterexample)


# ---------------------------------------------------------------------- on disk


def test_a_saved_certificate_is_read_back_whole(saved):
    folder, _, certificate = saved
    assert Certificate.load(folder / "certificate.json") == certificate
    assert check(folder / "certificate.json", folder) is True


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_certificates_of_all_formats_are_checked_from_disk(tmp_path, dtype):
    net = compiled(languages.get("permutation_reset_3"), "unit", dtype)
    net.save(tmp_path)
    certify(net).save(tmp_path / "certificate.json")
    assert check(tmp_path / "certificate.json", tmp_path) is True


def test_false_certificates_are_kept_with_their_word_and_do_not_pass(saved):
    folder, net, _ = saved
    with torch.no_grad():
        net.layer.b_proj.weight[:, 3] = 0
    certificate = certify(net)
    net.save(folder)
    certificate.save(folder / "certificate.json")
    assert Certificate.load(folder / "certificate.json").counterexample == certificate.counterexample
    assert check(folder / "certificate.json", folder) is False
    altered(folder, holds=True, counterexample=None)
    assert check(folder / "certificate.json", folder) is False, "saying so does not make it so"


def test_checking_needs_no_torch(saved):
    folder, _, _ = saved
    program = "import sys, deltaword as dw; print(dw.check(sys.argv[1], sys.argv[2]), 'torch' in sys.modules)"
    arguments = [sys.executable, "-c", program, str(folder / "certificate.json"), str(folder)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 0.999])
def test_a_flipped_byte_of_the_weights_does_not_pass(saved, place):
    folder, _, _ = saved
    path = folder / "weights.safetensors"
    first = 8 + int.from_bytes(path.read_bytes()[:8], "little")  # where the header ends
    flipped(path, first + int(place * (path.stat().st_size - first)))
    assert check(folder / "certificate.json", folder) is False


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_flipped_bit_anywhere_passes_and_nothing_but_named_errors_is_raised(tmp_path_factory, data):
    """In the weights any bit; in the certificate any bit but those of `pairs` and `reason`, which say nothing that is claimed; in
    the description any bit of the machine."""
    folder = tmp_path_factory.mktemp("flip")
    net = compiled(languages.get("parity"))
    net.save(folder)
    certify(net).save(folder / "certificate.json")
    which = data.draw(st.sampled_from(["weights.safetensors", "certificate.json", "network.json"]))
    before = (folder / which).read_bytes()
    position, bit = data.draw(st.integers(0, len(before) - 1)), data.draw(st.integers(0, 7))
    flipped(folder / which, position, bit)
    try:
        passed = check(folder / "certificate.json", folder)
    except CorruptFile:
        return
    if passed:
        assert which != "weights.safetensors"
        claimed, was = json.loads((folder / which).read_text()), json.loads(before)
        changed = {key for key in was.keys() | claimed.keys() if was.get(key) != claimed.get(key)}
        assert changed <= ({"pairs", "reason"} if which == "certificate.json" else {*was, *claimed} - {"dfa"}), changed


@pytest.mark.parametrize(
    ("changes", "dtype"),
    [
        ({"claim": "states", "grade": 1}, "unaltered"),
        ({"weights_digest": "0" * 64}, None),
        ({"dtype": "F64"}, None),
        ({"holds": False}, None),
        ({"scope": "all lengths", "grade": 1, "dtype": "BF16"}, None),
    ],
)
def test_altered_claims_do_not_pass(saved, changes, dtype):
    folder, _, _ = saved
    assert check(altered(folder, **changes), folder) is (dtype == "unaltered")


def test_a_grade_or_scope_altered_upwards_does_not_pass(tmp_path, monkeypatch):
    """A network proved by its float states claims grade 1; one searched up to some length claims all lengths."""
    from test_checker import irrational_swaps

    from deltaword.theory.checker import float_closure

    net = irrational_swaps(3, torch.float32)
    net.save(tmp_path)
    certificate = certify(net)
    assert certificate.grade == 2
    certificate.save(tmp_path / "certificate.json")
    assert check(tmp_path / "certificate.json", tmp_path) is True
    assert check(altered(tmp_path, grade=1), tmp_path) is False
    assert check(altered(tmp_path, grade=3, scope="up to 100 tokens"), tmp_path) is True, "claiming less is true"

    monkeypatch.setattr(float_closure, "STATE_NUMBERS_UP_TO", 400)
    net = irrational_swaps(4, torch.float32)
    net.save(tmp_path)
    certificate = certify(net)
    assert certificate.grade == 3
    certificate.save(tmp_path / "certificate.json")
    assert check(tmp_path / "certificate.json", tmp_path) is True
    length = int(certificate.scope.split()[2])
    assert check(altered(tmp_path, scope=f"up to {length - 1} tokens"), tmp_path) is True
    assert check(altered(tmp_path, scope=f"up to {length + 1} tokens"), tmp_path) is False
    assert check(altered(tmp_path, scope="all lengths"), tmp_path) is False
    assert check(altered(tmp_path, scope="all lengths", grade=2), tmp_path) is False


@pytest.mark.parametrize("what", ["target", "start", "accepting", "claim to a language"])
def test_another_machine_in_the_certificate_does_not_pass(saved, what):
    """Rewritten as this library would write it, digest and all, in the description too: the closure itself must object."""
    folder, _, _ = saved
    table, start, accepting = S3.table.copy(), S3.start, S3.accepting
    if what == "target":
        table[2, 1] = (table[2, 1] + 1) % 6
    elif what == "start":
        start = (start + 1) % 6
    else:
        accepting = accepting ^ {3}
    claim = "language" if what == "claim to a language" else "states"
    machine = dw.DFA(table, start, accepting, S3.alphabet).to_json()
    path = altered(folder, dfa=machine, claim=claim)
    assert check(path, folder) is False
    description = json.loads((folder / "network.json").read_text())
    (folder / "network.json").write_text(json.dumps(description | {"dfa": machine}))
    assert check(path, folder) is False


def test_a_certificate_for_another_numbering_does_not_pass_for_states(saved):
    """The folder describes which state is which; a certificate may not number them anew."""
    folder, _, _ = saved
    order = [0, 1, 2, 3, 5, 4]
    table = [[order[q] for q in S3.table[p]] for p in order]
    renumbered = dw.DFA(table, S3.start, S3.accepting, S3.alphabet)
    assert renumbered.equivalent_to(S3)
    assert check(altered(folder, dfa=renumbered.to_json()), folder) is False
    assert check(altered(folder, dfa=renumbered.to_json(), claim="language"), folder) is True


def test_a_table_altered_by_hand_is_refused(saved):
    folder, _, _ = saved
    data = json.loads((folder / "certificate.json").read_text())
    data["dfa"]["table"][0][0] = 5
    with pytest.raises(CorruptFile, match="altered"):
        check(altered(folder, dfa=data["dfa"]), folder)


@pytest.mark.parametrize("left", [0, 1, 7, 8, 60, -400, -1])
@pytest.mark.parametrize("which", ["certificate.json", "weights.safetensors"])
def test_files_cut_short_are_corrupt(saved, which, left):
    folder, _, _ = saved
    whole = (folder / which).read_bytes()
    cut = whole[:left]
    (folder / which).write_bytes(cut)
    if which == "certificate.json" and cut == whole[:-1]:
        return  # only the newline is missing
    with pytest.raises(CorruptFile):
        check(folder / "certificate.json", folder)


def header(text: str) -> bytes:
    return len(text.encode()).to_bytes(8, "little") + text.encode()


GARBAGE = {
    "noise": bytes(range(256)) * 4,
    "a header of a list": header("[]"),
    "a header of a number": header("7"),
    "an entry of nothing": header('{"a": null}'),
    "an entry without offsets": header('{"a": {"dtype": "F32", "shape": [1]}}'),
    "an unknown type": header('{"a": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}}') + bytes(8),
    "negative sizes": header('{"a": {"dtype": "F32", "shape": [-2, -2], "data_offsets": [0, 16]}}') + bytes(16),
    "an infinite size": header('{"a": {"dtype": "F32", "shape": [Infinity], "data_offsets": [0, 16]}}') + bytes(16),
    "a size of nothing": header('{"a": {"dtype": "F32", "shape": [null], "data_offsets": [0, 16]}}') + bytes(16),
    "offsets backwards": header('{"a": {"dtype": "F32", "shape": [0], "data_offsets": [4, 0]}}') + bytes(16),
    "offsets beyond the end": header('{"a": {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]}}') + bytes(16),
    "a header longer than the file": (2**60).to_bytes(8, "little") + b"{}",
    "deep nesting": header("[" * 100_000),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_in_place_of_weights_is_corrupt(saved, name):
    folder, _, _ = saved
    (folder / "weights.safetensors").write_bytes(GARBAGE[name])
    with pytest.raises(CorruptFile):
        check(folder / "certificate.json", folder)


def test_weights_of_no_tensors_are_read_but_prove_nothing(saved):
    folder, _, _ = saved
    (folder / "weights.safetensors").write_bytes(header("{}"))
    assert check(folder / "certificate.json", folder) is False


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "something else"},
        {"version": 2},
        {"holds": "yes"},
        {"grade": 0},
        {"grade": "1"},
        {"claim": "everything"},
        {"scope": "for ever"},
        {"scope": ""},
        {"scope": "up to inf tokens"},
        {"scope": "up to nan tokens"},
        {"scope": "up to -1 tokens"},
        {"scope": None},
        {"dfa": None},
        {"dfa": {}},
        {"dfa": []},
        {"counterexample": 5},
        {"counterexample": [99]},
        {"counterexample": [None]},
        {"pairs": None},
        {"weights_digest": 5},
    ],
    ids=str,
)
def test_certificates_with_a_part_that_cannot_be_are_corrupt(saved, changes):
    folder, _, _ = saved
    with pytest.raises(CorruptFile):
        check(altered(folder, **changes), folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '"certificate"', "{}", "\x00", "[" * 100_000])
def test_what_is_no_certificate_is_corrupt(saved, text):
    folder, _, _ = saved
    (folder / "certificate.json").write_text(text)
    with pytest.raises(CorruptFile):
        check(folder / "certificate.json", folder)


@pytest.mark.parametrize(
    "key",
    ["format", "version", "holds", "grade", "scope", "claim", "counterexample", "pairs", "dtype", "weights_digest", "dfa"],
)
def test_a_certificate_without_one_of_its_parts_is_corrupt(saved, key):
    folder, _, _ = saved
    data = json.loads((folder / "certificate.json").read_text())
    del data[key]
    (folder / "certificate.json").write_text(json.dumps(data))
    with pytest.raises(CorruptFile, match="of version 1" if key in ("format", "version") else f"lacks '{key}'; make it again"):
        Certificate.load(folder / "certificate.json")


def test_files_that_are_not_there_cannot_be_read(saved):
    folder, _, _ = saved
    with pytest.raises(NotReadable):
        check(folder / "nothing.json", folder)
    with pytest.raises(NotReadable):
        check(folder / "certificate.json", folder / "nowhere")
    with pytest.raises(NotReadable):
        check(folder, folder)


def test_where_nothing_can_be_written_nothing_is(saved):
    folder, _, certificate = saved
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for place in (folder / "certificate.json" / "below a file", folder / "no such folder" / "certificate.json"):
        with pytest.raises(NotWritable):
            certificate.save(place)
    (folder / "a folder").mkdir()
    with pytest.raises(NotWritable):
        certificate.save(folder / "a folder")
    (folder / "a folder").rmdir()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_letters_that_json_cannot_hold_are_refused_and_nothing_is_written(tmp_path):
    dfa = dw.DFA([[0, 1], [1, 0]], 0, [1], [frozenset("a"), frozenset("b")])
    certificate = certify(compiled(dfa))
    assert certificate.holds
    with pytest.raises(NotSerializable):
        certificate.save(tmp_path / "certificate.json")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------- the description beside the weights


@pytest.mark.parametrize("what", ["letters exchanged", "another start", "another table"])
def test_a_description_of_another_machine_is_noticed(saved, what):
    """The description gives letters and states their numbers: with another one, sound weights make another machine."""
    folder, _, _ = saved
    path = folder / "network.json"
    data = json.loads(path.read_text())
    alphabet = (S3.alphabet[1], S3.alphabet[0], *S3.alphabet[2:]) if what == "letters exchanged" else S3.alphabet
    table = S3.table[:, [1, 0, *range(2, S3.n_letters)]] if what == "another table" else S3.table
    other = dw.DFA(table, 1 if what == "another start" else S3.start, S3.accepting, alphabet)
    assert check(folder / "certificate.json", folder) is True
    path.write_text(json.dumps(data | {"dfa": other.to_json()}))
    assert check(folder / "certificate.json", folder) is False


def test_a_description_without_a_machine_is_named(saved):
    folder, _, _ = saved
    (folder / "network.json").write_text("{}")
    with pytest.raises(CorruptFile, match=r"network\.json describes no machine"):
        check(folder / "certificate.json", folder)
