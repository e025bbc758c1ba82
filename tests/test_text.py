"""Text as a task: windows of what is there, targets the bytes that follow, nothing held out is trained on."""

from __future__ import annotations

import ast
import operator
import sysconfig
from pathlib import Path

import numpy as np
import pytest
import torch

from deltaword.automata.errors import BadArgument
from deltaword.nets.tasks import task
from deltaword.nets.tasks.text import CORPORA, Text, arithmetic, code, corpus

SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def value(node: ast.expr) -> int:
    """Of an expression, by walking its tree."""
    if isinstance(node, ast.Constant):
        return node.value  # pyright: ignore[reportReturnType]
    assert isinstance(node, ast.BinOp)
    return SIGNS[type(node.op)](value(node.left), value(node.right))


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("held_out", [False, True])
def test_a_window_is_a_stretch_of_its_corpus_and_targets_are_one_byte_on(name, held_out):
    tokens, targets = Text([name], held_out).words(seed=3, step=5, rows=range(4), length=40)
    whole = corpus(name, held_out).tobytes()
    for token, target in zip(tokens, targets, strict=True):
        assert bytes([*token, target[-1]]) in whole
        assert np.array_equal(token[1:], target[:-1])


def test_numpy_and_torch_draw_the_same_windows_and_nothing_is_asked_after_a_short_words_end():
    several = task("text:code+arithmetic")
    tokens, targets = several.words(1, 2, range(30, 50), 64, shortest=16)
    found = several.batch(1, torch.tensor(2), range(30, 50), 64, shortest=16)
    assert np.array_equal(found[0].numpy(), tokens)
    assert np.array_equal(found[1].numpy(), targets)
    assert (targets[:, :16] >= 0).all()
    assert (targets[:, 16:] < 0).any()


def test_every_corpus_of_a_mixture_is_drawn_from():
    tokens, _ = Text().words(0, 0, range(16), 30)
    wholes = [corpus(name, False).tobytes() for name in CORPORA]
    drawn = [next(i for i, whole in enumerate(wholes) if bytes(list(row)) in whole) for row in tokens]
    assert {*drawn} == {0, 1, 2}


def test_a_file_is_either_trained_on_or_held_out():
    trained, held_out = corpus("code", False), corpus("code", True)
    assert len(trained) + len(held_out) == sum(len(source) for _, source in code())
    assert 1 / 40 < len(held_out) / len(trained) < 1 / 6
    assert (Path(sysconfig.get_paths()["stdlib"]) / "this.py").read_bytes() in (trained.tobytes() + b"\0" + held_out.tobytes())


def test_lines_of_arithmetic_are_right():
    lines = [text.decode() for _, text in arithmetic()]
    for line in lines[:2000]:
        left, right = line.strip().split("=")
        assert value(ast.parse(left, mode="eval").body) == int(right)
    assert len(set(lines)) > 0.99 * len(lines)


def test_what_is_wrong_is_said():
    with pytest.raises(BadArgument, match="no corpus"):
        Text(["latin"])
    with pytest.raises(BadArgument, match="do not fit"):
        task("text:arithmetic:held_out").words(0, 0, range(1), 10**6)
