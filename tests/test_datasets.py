"""Data sets on disk: what the task draws, readable by others, whole or not there."""

from __future__ import annotations

import json
import os
import sys
import tracemalloc

import numpy as np
import pytest

import deltaword
from deltaword import errors
from deltaword.nets.tasks import NOT_ASKED, task
from deltaword.nets.tasks import dataset as data

ENDINGS = (".npz", ".parquet")


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(data, "TOKENS_AT_ONCE", 64)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", ["S_3", "parity", "mod_arithmetic", "mod_arithmetic_brackets", "Z_200"])
@pytest.mark.parametrize("shortest", [None, 5])
def test_a_file_holds_what_the_task_draws(tmp_path, small_pieces, name, ending, shortest):
    t, out = task(name), tmp_path / f"words{ending}"
    data.write(t, out, words=50, length=12, seed=3, shortest=shortest)
    found = data.read(out)
    tokens, targets = t.words(3, 0, range(50), 12, shortest=shortest)
    lengths = t.lengths(3, 0, range(50), 12, shortest=shortest)
    inside = np.arange(12) < lengths[:, None]
    assert np.array_equal(found["lengths"], lengths)
    assert np.array_equal(found["tokens"][inside], tokens[inside])
    assert np.array_equal(found["targets"][inside], targets[inside])
    assert (found["targets"][~inside] == NOT_ASKED).all()
    assert found["metadata"] == {
        "task": name,
        "letters": list(t.letters),
        "classes": list(t.classes),
        "supervision": t.supervision,
        "words": 50,
        "length": 12,
        "shortest": shortest or 12,
        "seed": 3,
        "not_asked": NOT_ASKED,
        "version": deltaword.__version__,
    }


@pytest.mark.parametrize("ending", ENDINGS)
def test_pieces_of_any_size_make_the_same_words(tmp_path, monkeypatch, ending):
    found = []
    for size in (2**20, 100, 1):
        monkeypatch.setattr(data, "TOKENS_AT_ONCE", size)
        data.write(task("S_3"), tmp_path / f"{size}{ending}", words=23, length=9, seed=1, shortest=2)
        found.append(data.read(tmp_path / f"{size}{ending}"))
    for name in ("tokens", "targets", "lengths"):
        assert all(np.array_equal(each[name], found[0][name]) for each in found)


def test_numpy_alone_reads_the_npz(tmp_path):
    data.write(task("S_5"), tmp_path / "s5.npz", words=100)
    with np.load(tmp_path / "s5.npz", allow_pickle=False) as file:
        assert sorted(file) == ["lengths", "metadata", "targets", "tokens"]
        assert file["tokens"].shape == file["targets"].shape == (100, 128)
        assert file["tokens"].dtype == np.int8
        assert json.loads(str(file["metadata"]))["classes"][0] == "()"
        swaps = task("S_5").words(0, 0, range(100), 128)[0]
        assert np.array_equal(file["tokens"], swaps)


def test_pyarrow_alone_reads_the_parquet(tmp_path, small_pieces):
    parquet = pytest.importorskip("pyarrow.parquet")
    data.write(task("parity"), tmp_path / "parity.parquet", words=40)  # of the training lengths
    table = parquet.read_table(tmp_path / "parity.parquet")
    assert table.column_names == ["tokens", "targets"]
    assert json.loads(table.schema.metadata[b"deltaword"])["task"] == "parity"
    for tokens, targets in zip(table["tokens"].to_pylist(), table["targets"].to_pylist(), strict=True):
        assert 3 <= len(tokens) <= 40
        assert targets == [NOT_ASKED] * (len(tokens) - 1) + [sum(tokens) % 2]


@pytest.mark.parametrize("ending", ENDINGS)
def test_progress_ascends_to_the_whole(tmp_path, small_pieces, ending):
    calls = []
    data.write(task("S_3"), tmp_path / f"w{ending}", words=30, length=8, progress=lambda *call: calls.append(call))
    done = [call[0] for call in calls]
    assert done == sorted(set(done))
    assert len(done) >= 4
    assert calls[-1][0] == calls[-1][1]
    assert len({call[1] for call in calls}) == 1


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_write_that_is_broken_off_leaves_what_was_there(tmp_path, small_pieces, ending):
    out = tmp_path / f"words{ending}"
    out.write_bytes(b"as before")

    def stop(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        data.write(task("S_3"), out, words=50, length=8, progress=stop)
    assert out.read_bytes() == b"as before"
    assert os.listdir(tmp_path) == [out.name]
    data.write(task("S_3"), out, words=50, length=8)
    assert len(data.read(out)["tokens"]) == 50
    assert os.listdir(tmp_path) == [out.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_large_set_needs_little_memory(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(data, "TOKENS_AT_ONCE", 2**14)
    data.write(task("S_3"), tmp_path / f"small{ending}", words=8, length=64)  # imports and tables
    tracemalloc.start()
    data.write(task("S_3"), tmp_path / f"w{ending}", words=40_000, length=64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000 * 64  # a byte a token would be the whole set; drawn at once it takes 8 and more
    assert len(data.read(tmp_path / f"w{ending}")["tokens"]) == 40_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"out": "words.csv"}, ".parquet nor .npz"),
        ({"words": 0}, "at least 1"),
        ({"words": 1.5}, "whole number"),
        ({"length": 0}, "at least 1"),
        ({"seed": -1}, "seed"),
        ({"shortest": 9}, "shortest"),
    ],
)
def test_a_bad_argument_is_refused_before_there_is_a_file(tmp_path, arguments, message):
    given = {"out": "words.npz", "words": 3, "length": 8, "seed": 0, **arguments}
    with pytest.raises(errors.BadArgument, match=message):
        data.write(task("S_3"), **{**given, "out": tmp_path / given["out"]})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_place_that_is_not_there_is_named(tmp_path, ending):
    with pytest.raises(errors.NotWritable, match="nowhere"):
        data.write(task("S_3"), tmp_path / "nowhere" / f"w{ending}", words=3)
    with pytest.raises(errors.NotReadable, match="w"):
        data.read(tmp_path / f"w{ending}")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_truncated_file_is_named(tmp_path, ending):
    out = tmp_path / f"w{ending}"
    data.write(task("S_3"), out, words=30)
    out.write_bytes(out.read_bytes()[:-100])
    with pytest.raises(errors.CorruptFile, match="no data set"):
        data.read(out)


def test_without_pyarrow_the_way_out_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(errors.MissingExtra, match=r"deltaword\[train\].*npz"):
        data.write(task("S_3"), tmp_path / "w.parquet", words=3)
    assert os.listdir(tmp_path) == []
    data.write(task("S_3"), tmp_path / "w.npz", words=3)
