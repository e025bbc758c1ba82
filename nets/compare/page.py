"""report.json as a page: one file of HTML with pictures in it, which opens without a network.

A function of report.json alone, so that what the pictures show is what the file says.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from math import isfinite
from typing import Any

import numpy as np

from ..plots import Picture, drift_curves, effective_rank, key_geometry, length_curves, loss_curves, spectrum
from .details import Json, spectrum_of
from .tables import cells_of, grid, written

STYLE = """
body { font: 16px/1.5 "DejaVu Sans", Verdana, sans-serif; color: #222; background: #fff; max-width: 960px; margin: 2em auto;
       padding: 0 1em }
h1 { font-size: 1.7em }
h2 { font-size: 1.3em; margin-top: 2em; border-bottom: 1px solid #ccc }
h3 { font-size: 1.05em; margin-bottom: .3em }
table { border-collapse: collapse; font-size: .85em; margin: .6em 0 }
td, th { border: 1px solid #ccc; padding: .25em .6em; text-align: right }
th:first-child, td:first-child { text-align: left }
thead { background: #f4f4f4 }
figure { margin: 1em 0 }
img { max-width: 100%; height: auto }
figcaption, .note { font-size: .85em; color: #444 }
summary { cursor: pointer; font-weight: bold; margin: .6em 0 }
pre { font-size: .75em; white-space: pre-wrap; background: #f4f4f4; padding: .6em }
.wide { overflow-x: auto }
"""

SAMPLED = "All numbers are in report.json beside this file. They are sampled; a certificate holds for all words."
SCALED = (
    "Scaled accuracy: 0 for the best constant guess, 1 for no mistake; the best seed, and in brackets the mean over those that did "
    "not diverge. Sampled: {words} words at each length, not seen in training, in float32. An accuracy at a length is over the answers "
    "asked since the next shorter one."
)
CURVES = "Accuracy by length, to {times} times the longest training words. The best seed in bold, the others thin."
LOSSES = "Training loss. The seed that ends lowest in bold."
SPECTRUM = (
    "Eigenvalues of the matrices A by which a letter moves the state, S ← A S + B, in layer {layer}. Where a letter's matrix depends "
    "on what came before, its eigenvalues are a cloud; of the constructed network all layers are shown together. {which}"
)
KEYS = (
    "Layer {layer}: strengths β of all heads; how much of all keys lies in their first principal directions; effective dimension "
    "(participation ratio) of a letter's keys; and of head {head}, whose steps are strongest, angles between keys as lines."
)
RANK = "Effective rank of the states, exp of the entropy of the singular values, mean over words. {which}"
DRIFT = (
    "What of the way to another class's border the state has gone, on average over words and, band, at most: above 1 a decoder that "
    "takes the nearest class mean is wrong. Dotted: distance from the class mean over the margin, which is half the distance to the "
    "nearest other mean; it counts also what a state keeps beside its class."
)
EXTRACTION = (
    "What the best seed of each model computes: the minimal automaton with its answers, beside the task's of {wanted}. By L*, with at "
    "most {queries:,} words asked; where it finds none, as for a network that fails on long words, by clusters of the states, with the "
    "share of moves that agree. The words tried are a sample beyond {length} letters. Proved is only what the last column says so of: "
    "by a search over all that the network can remember, each token in float64, the memory rounded. "
    "The command deltaword extract asks more."
)
REPLICAS = (
    "Accuracies, not scaled. Right to: the length up to which 99 % of the answers are right. Least margin: score of the true class "
    "less the largest other, at training length; below 0 the answer is wrong."
)


def page(report: Json) -> str:
    """The whole file.  report: what `measure` gives, or report.json read back."""
    settings, replicas = report["settings"], sum(len(each["replicas"]) for each in report["comparisons"])
    count = f"{_count(len(report['runs']), 'run')}, {_count(replicas, 'trained network')}"
    body = [
        "<h1>Trained beside constructed</h1>",
        _p(f"{count}. {SAMPLED}"),
        "<h2>Accuracy</h2>",
        _p(SCALED.format(**settings), "note"),
        *(f"<h3>{escape(kind.capitalize())}</h3>{_table_of(cells)}" for kind, cells in report["tables"].items() if cells),
        *(_comparison(each, settings) for each in report["comparisons"]),
        "<h2>Runs</h2>",
        *(_run(name, run) for name, run in sorted(report["runs"].items())),
    ]
    head = f"<meta charset='utf-8'><title>Trained beside constructed</title><style>{STYLE}</style>"
    return f"<!DOCTYPE html>\n<html lang='en'><head>{head}</head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"


def pictures(report: Json) -> dict[str, Picture]:
    """Every picture of the page, by a name for its file."""
    found: dict[str, Picture] = {}
    for i, each in enumerate(report["comparisons"], 1):
        for name, picture, _ in _curves(each, report["settings"]):
            found[f"{i}_{name}"] = picture
        for j, detail in enumerate(each["details"], 1):
            for name, picture, _ in _details(detail, each["constructed"]):
                found[f"{i}_{j}_{name}"] = picture
    return found


# ---------------------------------------------------------------------- parts of the page


def _comparison(each: Json, settings: Json) -> str:
    first, last = each["lengths"][0], each["lengths"][-1]
    beyond = ", ".join(f"{length:,}" for length in each["evaluation_lengths"]) or "none"
    facts = (
        f"{_count(len(each['letters']), 'letter')}, {each['classes']} classes, asked at {each['supervision']}; chance "
        f"{each['chance']:.3f}. Trained on words of up to {each['trained_to']}. Lengths {first} to {last:,}; evaluation lengths "
        f"beyond training: {beyond}."
    )
    parts = [f"<h2>{escape(each['title'])}</h2>", _p(facts), _p(_says(each["constructed"]))]
    parts += [_figure(picture, caption) for _, picture, caption in _curves(each, settings)]
    parts += [_replicas(each), _extractions(each, settings)]
    for detail in each["details"]:
        shown = [_figure(picture, caption) for _, picture, caption in _details(detail, each["constructed"])]
        shown = shown or [_p("Its mixer has no transition matrices and no states that could be shown.")]
        head = f"{detail['model']}, seed {detail['seed']}: what it found"
        parts.append(
            f"<details open><summary>{escape(head)}</summary>{_summaries(detail)}{''.join(shown)}{_says_of(detail)}</details>"
        )
    return f"<section>{''.join(parts)}</section>"


def _says(made: Json | None) -> str:
    if made is None:
        return "Without a constructed network."
    if made["plan"] is None:
        return f"No constructed network: {made['says']}."
    return f"Constructed network: {'; '.join(made['plan'])}. Its certificate {made['says']}."


def _replicas(each: Json) -> str:
    heads = ["model", "seed", "at training length", "beyond it", "right to", "least margin at training length"]
    at = each["lengths"].index(each["trained_to"])
    rows = [(replica["model"], str(replica["seed"]), replica) for replica in each["replicas"]]
    made = each["constructed"]
    if made is not None and made["plan"] is not None:
        rows.append(("constructed", "", made))
    cells = [
        [
            model,
            seed if found.get("diverged") is None else f"{seed}, diverged at step {found['diverged']['step']}",
            _number(found["at training length"]),
            _number(found["beyond it"]),
            f"{found['right_to']:,}",
            _number(found["lowest"][at], 2),
        ]
        for model, seed, found in rows
    ]
    return _table(heads, cells) + _p(REPLICAS, "note")


def _extractions(each: Json, settings: Json) -> str:
    """A row a network that is looked into."""
    found = [(detail["model"], str(detail["seed"]), detail["extraction"]) for detail in each["details"] if detail["extraction"]]
    if not found:
        return ""
    heads = ["model", "seed", "states", "equal to the task's", "fails on", "every length"]
    rows = []
    for model, seed, one in found:
        if (why := one["not_extracted"]) is not None:
            rows.append([model, seed, f"not extracted: {why}", "", "", ""])
            continue
        how = "L*" if one["by"] == "lstar" else f"clusters, {100 * one['consistency']:.4g} % of moves"
        equal = "yes" if one["equal"] else "no"
        rows.append([model, seed, f"{one['states']:,} by {how}", equal, _fails_on(one), _every_length(one)])
    caption = ""
    if (known := next((one for _, _, one in found if one["not_extracted"] is None), None)) is not None:
        wanted, length = _count(known["wanted"], "state"), known["tried"]["length"]
        caption = _p(EXTRACTION.format(queries=settings["queries"], wanted=wanted, length=length), "note")
    return "<h3>Automata</h3>" + _table(heads, rows) + caption


def _fails_on(one: Json) -> str:
    """A word on which the network fails, or what was tried in vain."""
    if (word := one["failing"]) is not None:
        return f"{word['text']}, {'no shorter word' if word['shortest'] else 'the shortest met'}"
    tried = one["tried"]
    return f"none of all {tried['words']:,} words to {tried['length']} letters and {tried['sampled']:,} of {tried['longest']}"


def _every_length(one: Json) -> str:
    """The strongest of what the searches say, or that a word is known on which the network fails."""
    if closed := [f"{each['format']}, {each['pairs']:,} states" for each in one["closures"] if each["closed"]]:
        return f"right, proved ({'; '.join(closed)})"
    if one["failing"] is not None or any(each["failing"] is not None for each in one["closures"]):
        return "wrong"
    if not one["closures"]:
        return f"open: {one['open']}"
    return f"open: right to {max(each['depth'] for each in one['closures'])} letters"


def _says_of(detail: Json) -> str:
    """The extraction in sentences."""
    found = detail["extraction"]
    return f"<pre>{escape(found['say'])}</pre>" if found and found["not_extracted"] is None else ""


def _summaries(detail: Json) -> str:
    rows = []
    for number, layer in enumerate(detail["layers"], 1):
        if (found := layer["summary"]) is not None:
            values = [_number(found[name], 3) for name in ("lowest_real", "largest_imaginary", "largest_modulus")]
            dims = "" if layer["keys"] is None else ", ".join(_number(value, 1) for value in layer["keys"]["overall"])
            rows.append([f"layer {number}", *values, dims])
    heads = ["", "lowest real part", "largest imaginary part", "largest modulus", "dimension of all keys, by head"]
    if not any(row[-1] for row in rows):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    return _table(heads, rows) if rows else ""


def _run(name: str, run: Json) -> str:
    lines = [f"{key} = {value!r}" for part in ("config", "summary", "versions") for key, value in sorted(run[part].items())]
    return f"<details><summary>{escape(name)}</summary><pre>{escape(chr(10).join(lines))}</pre></details>"


def _table_of(cells: Iterable[Json]) -> str:
    tasks, models, found = grid(cells_of(cells))
    return _table(["model", *tasks], [[model, *(written(found.get((task, model))) for task in tasks)] for model in models])


# ---------------------------------------------------------------------- pictures: name, picture, caption


def _curves(each: Json, settings: Json) -> list[tuple[str, Picture, str]]:
    accuracy: dict[str, list[list[float]]] = {}
    for replica in each["replicas"]:
        accuracy.setdefault(replica["model"], []).append(replica["accuracy"])
    arrays = {model: _floats(values) for model, values in accuracy.items()}
    made = each["constructed"]
    exact = None if made is None or made["plan"] is None else _floats(made["accuracy"])
    drawn = length_curves(each["lengths"], arrays, each["trained_to"], each["chance"], exact, each["task"])
    found = [("lengths", drawn, CURVES.format(**settings))]
    by_model: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for line in each["losses"]:
        if line["steps"]:
            by_model.setdefault(line["model"], []).append((_floats(line["steps"]), _floats(line["loss"])))
    if by_model:
        found.append(("losses", loss_curves(by_model, each["task"]), LOSSES))
    return found


def _details(detail: Json, made: Json | None) -> list[tuple[str, Picture, str]]:
    found, layers = [], detail["layers"]
    exact = made if made is not None and made["plan"] is not None else None
    several = len(layers) > 1
    for number, layer in enumerate(layers, 1):
        where = f"layer {number}" if several else ""
        if layer["spectrum"] is not None:
            # letters that the constructed network treats differently, where there is one
            letters = [a for a in (exact or layer)["kinds"] if a in layer["spectrum"]]
            trained = {a: spectrum_of(layer["spectrum"][a]) for a in letters}
            beside = {} if exact is None else {a: spectrum_of(exact["spectrum"][a]) for a in letters}
            more = len(layer["spectrum"]) - len(letters)
            which = f"{_count(more, 'more letter')} in report.json." if more else ""
            found.append((f"spectrum_{number}", spectrum(trained, beside, where), SPECTRUM.format(layer=number, which=which)))
        if (keys := layer["keys"]) is not None:
            head = keys["head"]
            drawn = key_geometry(
                _floats(keys["edges"]),
                _floats(keys["counts"]),
                _floats(keys["explained"]),
                _floats(keys["dimension"]),
                _floats(keys["between"])[0, head],
                _floats(keys["inside"])[:, head] if keys["inside"] else None,
                keys["letters"],
                where,
            )
            found.append((f"keys_{number}", drawn, KEYS.format(layer=number, head=head + 1)))
    ranked = {f"layer {number}": layer for number, layer in enumerate(layers, 1) if layer["rank"] is not None}
    if ranked:
        positions = next(iter(ranked.values()))["positions"]
        beside = None if exact is None else _floats(exact["rank"])[:, : len(positions)]
        full = max(layer["full_rank"] for layer in ranked.values())
        drawn = effective_rank(positions, {name: _floats(layer["rank"]) for name, layer in ranked.items()}, full, beside)
        which = "Of the constructed network the layer with the largest state." if exact is not None else ""
        found.append(("rank", drawn, RANK.format(which=which)))
    drifting = {f"layer {number}": layer["drift"] for number, layer in enumerate(layers, 1) if layer["drift"] is not None}
    if drifting:
        positions = next(iter(drifting.values()))["positions"]
        spent = {name: (_floats(each["spent"]), _floats(each["most_spent"])) for name, each in drifting.items()}
        distance = {name: _floats(each["ratio"]) for name, each in drifting.items()}
        beside = None
        if exact is not None and exact["drift"] is not None:
            beside = _floats(exact["drift"]["spent"])[: len(positions)], _floats(exact["drift"]["most_spent"])[: len(positions)]
        caption = DRIFT + no_centre(drifting, detail["trained_to"])
        found.append(("drift", drift_curves(positions, spent, distance, detail["trained_to"], beside), caption))
    return found


def no_centre(drifting: Mapping[str, Json], trained_to: int) -> str:
    """A warning where class means are not where states of the class are, even at lengths of training.

    >>> layer = {"positions": [8, 128, 512], "nearest_right": [0.5, 0.25, 0.2]}
    >>> no_centre({"layer 1": layer}, 128)[:63]
    ' At the end of training words only 25 % of the states of layer '
    """
    said = ""
    for name, layer in drifting.items():
        inside = [right for at, right in zip(layer["positions"], layer["nearest_right"], strict=True) if at <= trained_to]
        right = next((value for value in reversed(inside) if value is not None), None)
        if right is not None and right < 0.9:
            said += (
                f" At the end of training words only {right:.0%} of the states of {name} are nearest to their class's mean: a class "
                "has several codes there, its mean is no centre, and the curve says little about what the network reads."
            ).replace("%", " %")
    return said


# ---------------------------------------------------------------------- HTML


def _figure(picture: Picture, caption: str) -> str:
    data, text = b64encode(picture.svg()).decode(), escape(caption, quote=True)
    image = f"<img alt='{text}' src='data:image/svg+xml;base64,{data}'>"
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _p(text: str, kind: str = "") -> str:
    return f"<p{f' class={kind!r}' if kind else ''}>{escape(text)}</p>"


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _number(value: float | None, digits: int = 4) -> str:
    return "–" if value is None or not isfinite(value) else f"{value:.{digits}f}"


def _floats(values: Any) -> np.ndarray:
    """Lists of numbers, None for NaN."""
    return np.array(values, dtype=float)
