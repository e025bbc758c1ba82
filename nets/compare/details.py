"""What one trained network found: spectra, keys, rank and drift of each layer; and the same of the compiled one.

Words      sampled, of a stream that training does not use: some of at most 64 letters for spectra and keys; words of training
           length for class means, and longer ones, up to 16 times that where memory allows, for rank and drift.
Classes    for class means: the state of the task's machine where it has at most 256, else what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..models.delta import DeltaProduct
from ..models.sequence_model import SequenceModel
from ..network import Network
from ..tasks import Task
from .constructed import layer_states
from .drift import class_means, drift
from .keys import KeyGeometry, key_geometry
from .rank import marks, ranks_along
from .spectra import Spectrum, distinct, mixer_spectrum, network_spectrum, summary, telling, thinned

TEST = 2  # the stream of words for tests (training/words.py); step 0 of it is for accuracies
SAMPLE, MEANS, LONG = 1, 2, 3  # steps of the stream
SAMPLED_LENGTH, LEAST_WORDS, A_LETTER = 64, 4, 6
MEAN_WORDS, LONG_WORDS, LONGER = 16, 8, 16
STATE_NUMBERS = 2**26  # of states held at once
STATES_OF_MACHINE = 256  # up to so many are classes
SHOWN_LETTERS, KEY_LETTERS, MARKS_SHOWN = 6, 12, 200

Json = dict[str, Any]


@torch.no_grad()
def trained_details(model: SequenceModel, task: Task, trained_to: int) -> list[Json]:
    """A dict a layer: "spectrum", "summary", "keys", "positions", "rank", "full_rank", "drift"; None where a mixer has no such thing.

    model       a stack of one, on the CPU
    trained_to  letters of the longest training word
    """
    tokens = sampled(task, trained_to)
    found: list[Json] = []
    for block, x in zip(model.blocks, model.mixer_inputs(tokens[None]), strict=True):
        mixer = block.mixer
        spectrum = mixer_spectrum(mixer, x, tokens)
        found.append(spectrum_json(spectrum, task) | {"keys": _keys(mixer, x, tokens, task)})
    if not all(hasattr(block.mixer, "states") for block in model.blocks):
        return [layer | {"positions": [], "rank": None, "full_rank": None, "drift": None} for layer in found]
    short, classes = sample(task, MEANS, MEAN_WORDS, trained_to)
    means = [class_means(S.flatten(2).flatten(0, 1), classes.flatten(), known(task)) for S in mixer_states(model, short)]
    width = sum(S[0, 0].numel() for S in mixer_states(model, short[:1, :1]))
    long, classes = sample(task, LONG, LONG_WORDS, longest(trained_to, width, task.least_length))
    for layer, S, mean in zip(found, mixer_states(model, long), means, strict=True):
        layer |= along(S, classes, mean, trained_to)
    return found


@torch.no_grad()
def constructed_details(net: Network, task: Task, trained_to: int) -> Json:
    """Of a compiled network: spectra of all layers together, rank of the layer with the largest state, drift of all states together."""
    tokens = sampled(task, trained_to)
    layers = network_spectrum(net, tokens)
    pooled = {letter: np.concatenate([layer[letter] for layer in layers]) for letter in layers[0]}
    short, classes = sample(task, MEANS, MEAN_WORDS, trained_to)
    mean = class_means(flat_states(layer_states(net, short)).flatten(0, 1), classes.flatten(), known(task))
    width = sum(shape.heads * shape.K * shape.V for shape in net.plan.layers)
    long, classes = sample(task, LONG, LONG_WORDS, longest(trained_to, width, task.least_length))
    states = layer_states(net, long)
    rank = along(max(states, key=lambda S: S[0, 0].numel()), None, None, trained_to)
    drifted = along(flat_states(states), classes, mean, trained_to)["drift"]
    return spectrum_json(pooled, task) | {"layers": [summary(layer) for layer in layers]} | rank | {"drift": drifted}


def sampled(task: Task, trained_to: int) -> Tensor:
    """Words for spectra and keys, in which a letter comes about A_LETTER times or more."""
    length = max(task.least_length, min(SAMPLED_LENGTH, trained_to))
    return sample(task, SAMPLE, max(LEAST_WORDS, -(-A_LETTER * len(task.letters) // length)), length)[0]


def sample(task: Task, step: int, words: int, length: int) -> tuple[Tensor, Tensor]:
    """Tokens and classes [words, length]."""
    tokens, targets = task.batch(TEST, step, range(words), length)
    if known_states(task):
        assert task.dfa is not None
        targets = torch.from_numpy(task.dfa.run(tokens.numpy())[:, 1:].astype(np.int64))
    return tokens, targets


def known_states(task: Task) -> bool:
    """Whether classes are the states of the task's machine."""
    return task.dfa is not None and task.dfa.n_states <= STATES_OF_MACHINE


def known(task: Task) -> int:
    return task.dfa.n_states if task.dfa is not None and known_states(task) else len(task.classes)


def longest(trained_to: int, width: int, least: int) -> int:
    """Letters of the words for rank and drift, states being `width` numbers."""
    return max(least, min(LONGER * trained_to, STATE_NUMBERS // (LONG_WORDS * max(width, 1))))


def mixer_states(model: SequenceModel, tokens: Tensor) -> list[Tensor]:
    """States of each layer of a stack of one after each token: [B, T, H, K, V], or [B, T, M] for vectors."""
    inputs = model.mixer_inputs(tokens[None])
    mixers: list[Any] = [block.mixer for block in model.blocks]
    return [mixer.states(x)[0, :, 1:].float() for mixer, x in zip(mixers, inputs, strict=True)]


def flat_states(states: Sequence[Tensor]) -> Tensor:
    """States of all layers side by side: [B, T, D]."""
    return torch.cat([S.flatten(2).float() for S in states], dim=2)


def along(states: Tensor, classes: Tensor | None, means: Tensor | None, trained_to: int) -> Json:
    """Rank and drift at positions that all networks of a comparison share, as far as these words go."""
    positions = [position for position in marks(LONGER * trained_to) if position <= states.shape[1]]
    matrices = states.dim() == 5
    found: Json = {
        "positions": positions,
        "rank": ranks_along(states, positions).tolist() if matrices else None,
        "full_rank": min(states.shape[-2:]) if matrices else None,
    }
    if classes is not None and means is not None:
        drifted = drift(states.flatten(2), classes, means, positions)
        found["drift"] = asdict(drifted) if np.isfinite(drifted.distance).any() else None  # where classes are hardly ever asked
    return found


def spectrum_json(spectrum: Spectrum | None, task: Task) -> Json:
    """What a picture shows of a spectrum, by letter: real and imaginary parts of distinct eigenvalues, and how often each came."""
    if spectrum is None:
        return {"spectrum": None, "summary": None}
    shown = {}
    for letter in spectrum:
        values, counts = distinct(spectrum[letter])
        few = thinned(values, MARKS_SHOWN)
        by_value = dict(zip(values.tolist(), counts.tolist(), strict=True))
        shown[task.letters[letter]] = {
            "real": np.real(few).tolist(),
            "imaginary": np.imag(few).tolist(),
            "count": [by_value[value] for value in few.tolist()],
        }
    kinds = [task.letters[letter] for letter in telling(spectrum, SHOWN_LETTERS)]
    return {"spectrum": shown, "kinds": kinds, "summary": summary(spectrum)}


def _keys(mixer: Any, x: Tensor, tokens: Tensor, task: Task) -> Json | None:
    if not isinstance(mixer, DeltaProduct):
        return None
    _, k, _, beta, _ = mixer.inputs(x)
    letters = tokens.unique().tolist()[:KEY_LETTERS]
    k, beta = k[0, :, 1:].flatten(0, 1), beta[0, :, 1:].flatten(0, 1)
    beta_max = float(mixer.beta_max[0])
    return keys_json(key_geometry(k, beta, tokens.flatten(), letters, beta_max), [task.letters[i] for i in letters])


def keys_json(found: KeyGeometry, letters: Sequence[str]) -> Json:
    """All arrays as lists; head, counted from 0: the one whose steps are strongest, which pictures of angles show."""
    arrays = {name: value.tolist() for name, value in vars(found).items()}
    return arrays | {"letters": list(letters), "head": int(np.nanmean(found.strength, axis=(0, 2)).argmax())}


def spectrum_of(found: Mapping[str, Any]) -> np.ndarray:
    """The eigenvalues that `spectrum_json` wrote of one letter, each as often as it came."""
    values = np.array(found["real"]) + 1j * np.array(found["imaginary"])
    return np.repeat(values, found["count"])
