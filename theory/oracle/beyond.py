"""Networks that are not contractions: copies of a state are one step, so a table of transitions is one layer."""

from __future__ import annotations

from .facts import Facts
from .models import EXACT
from .sources import MINSKY, PD_SSM, RWKV7, Source
from .verdict import Family, Ruling, yes


def rwkv7(facts: Facts) -> Ruling:
    """The paper: all regular languages, in four layers, with matrices diag(w) − c k̂ (a ∘ k̂)ᵀ and c = 2, of which n make a map of n
    states; norms up to √2, so products may grow."""
    return yes("every regular language takes four layers of its transitions (c = 2)", RWKV7, "read in the abstract", layers=4)


def column_one_hot(facts: Facts) -> Ruling:
    """h ← P_x h with P_x e_q = e_{q·x}: each column of P_x has a single 1, and h stays the unit vector of the state."""
    return yes(
        "the unit vector of the state times the table of a letter is the unit vector of the next state",
        PD_SSM,
        layers=1,
    )


def threshold_units(facts: Facts) -> Ruling:
    """A unit for each state q and letter x that is 1 when x was read last and led from q: the sum of the units that lead to q, plus 1
    if the letter is x, is 2, and a threshold at 3/2, or a sigmoid steep enough to saturate in its float format, finds it."""
    return yes("a unit for each state and letter, with a threshold, is one layer", MINSKY, layers=1)


def lstm(facts: Facts) -> Ruling:
    """With saturated gates an LSTM does what a threshold network does."""
    return yes(
        "with saturated gates it does what threshold units do", Source("Merrill et al. 2004.08500 (recalled)"), "recalled"
    )


FAMILIES = (
    Family("rwkv7", "diagonal plus rank one, norm up to √2", "RWKV-7", "any depth", EXACT, rwkv7),
    Family(
        "pd_ssm",
        "one 1 in each column, times a diagonal; dense",
        "PD-SSM, dense linear RNNs",
        "one layer",
        EXACT,
        column_one_hot,
    ),
    Family("rnn", "nonlinear recurrence", "Elman RNN with threshold or saturated units", "one layer", EXACT, threshold_units),
    Family("lstm", "nonlinear recurrence with gates", "LSTM, GRU, sLSTM", "any depth", EXACT, lstm),
)
