"""`conformance`: a function run on compiled machines, beside their automata.

Calls       The function runs on the first 1, 2, 4, 8 … letters' tokens and on all of them, from the initial state each time.
Compared    outputs with the true reads, bit for bit, and by the state of the automaton that they name (the largest logit);
            the last state with the true one, bit for bit, and as a distance.
Drift       ‖S − S_true‖ over the largest norm of a true state of the machine, the worst of the words; infinite where not a number.
Evidence    Exactness is found at the lengths run, on drawn words.  That integer keys stay exact at every length is a range argument
            about a kernel (kernels/README.md); this check is how to refute it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ...automata.errors import BadArgument
from ...kernels.chunked import chunked_recurrence
from .calling import Calling, calling, name_of
from .forms import EXACT, FORMS, letters_in, machine_in
from .machines import MACHINES
from .report import Length, Report, Row
from .tensors import BATCH, HEADS, Run, run_of, schedule

TOKENS = 4096
FORMATS = ("bfloat16", "float16", "float32", "float64")
AT_ONCE = 2**14  # tokens decoded, or run in float64, at a time


@torch.no_grad()
def conformance(
    fn: Callable[..., Any],
    machines: Sequence[str] = MACHINES,
    keys: Sequence[str] = FORMS,
    tokens: int = TOKENS,
    dtype: str | torch.dtype = "bfloat16",
    device: str | None = None,
    n_h: int | None = None,
    head_dim: int | None = None,
    within: float | None = None,
    closed_gate: float = -math.inf,
    seed: int = 0,
) -> Report:
    """Run compiled machines through a kernel function, and say where it leaves them.

    fn        called by name with q, k, v, beta, scale and initial_state, and with g, num_householder and output_final_state where it
              has them; layouts of flash-linear-attention.  functools.partial binds anything else
    machines  of the gallery, that one head tracks
    keys      of integer, dyadic, folded, rounded (forms.py)
    tokens    of the longest call, about: a whole number of letters
    dtype     of q, k, v; β likewise, but float32 where folded; gates and states are float32
    device    default: the GPU, if there is one
    n_h       steps a token; default: as many as a letter of the machine takes, 1 for functions without num_householder
    head_dim  K = V; default: the least power of two from 16 up that holds the machine
    within    the drift allowed.  None: integer and dyadic keys must be exact bit for bit, the others are only measured.
              A number: every read must be right in every row, and no drift larger
    closed_gate   the log-gate that closes; kernels without −∞ may take −200
    Raises    BadArgument for a function or options that do not fit, UnknownLanguage, NotCompilable.  What the function itself raises
              is reported

    >>> from deltaword.kernels import delta_product
    >>> report = conformance(delta_product, tokens=100, device="cpu")
    >>> report.passed, report["parity", "integer"].verdict, report["D_4", "rounded"].exact
    (True, 'exact', False)
    >>> def forgets_gates(q, k, v, beta, scale, initial_state, num_householder, g=None):
    ...     return delta_product(q, k, v, None, beta, num_householder, scale, initial_state, True)
    >>> report = conformance(forgets_gates, tokens=100, device="cpu")
    >>> [row.machine for row in report if row.form == "integer" and not row.passed]
    ['permutation_reset_5']
    """
    call = calling(fn)
    form, place = checked(call, machines, keys, tokens, dtype, device, n_h, head_dim, within)
    rows = []
    for name in machines:
        for key in keys:
            run = prepared(call, name, key, tokens, form, place, n_h, head_dim, closed_gate, seed)
            rows.append(row_of(call, name, key, run, within))
    return Report(
        name_of(fn), str(form).removeprefix("torch."), place, tokens, BATCH * HEADS, closed_gate, within, seed, tuple(rows)
    )


def checked(
    call: Calling,
    machines: Sequence[str],
    keys: Sequence[str],
    tokens: int,
    dtype: str | torch.dtype,
    device: str | None,
    n_h: int | None,
    head_dim: int | None,
    within: float | None,
) -> tuple[torch.dtype, str]:
    """The format and the device. Raises BadArgument."""
    if isinstance(machines, str) or isinstance(keys, str):
        raise BadArgument("machines and keys are lists of names")
    if not machines or not keys:
        raise BadArgument("nothing to run: no machines, or no keys")
    for key in keys:
        if key not in FORMS:
            raise BadArgument(f"keys {key!r} are not known; there are {', '.join(FORMS)}")
    for name, value in (("tokens", tokens), ("n_h", n_h), ("head_dim", head_dim)):
        if value is not None and not (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
            raise BadArgument(f"{name}={value!r} is not a whole number from 1 up")
    if n_h not in (None, 1) and "num_householder" not in call.names:
        raise BadArgument(f"n_h={n_h}, but {name_of(call.function)} takes no num_householder: it does one step a token")
    if within is not None and not within >= 0:
        raise BadArgument(f"within={within!r} is no distance; give a number from 0 up")
    written = str(dtype).removeprefix("torch.")
    if written not in FORMATS:
        raise BadArgument(f"dtype {written!r} is not known; there are {', '.join(FORMATS)}")
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(1, device=place)
    except (RuntimeError, AssertionError) as error:
        raise BadArgument(f"device {place!r} cannot be used: {str(error).splitlines()[0]}") from None
    return getattr(torch, written), place


def prepared(
    call: Calling,
    name: str,
    key: str,
    tokens: int,
    dtype: torch.dtype,
    device: str,
    n_h: int | None,
    head_dim: int | None,
    closed_gate: float,
    seed: int,
) -> Run:
    """One row's tensors. Raises BadArgument when the head is too small or the words too short."""
    machine = machine_in(key, name)
    letters = letters_in(key, machine, dtype, has_gate="g" in call.names)
    largest, L = max(machine.head.K, machine.head.V), letters.k.shape[1]
    D = head_dim or max(16, 1 << (largest - 1).bit_length())
    if largest > D:
        raise BadArgument(f"{name} with {key} keys needs a head of {largest}; head_dim is {D}")
    steps = n_h or (L if "num_householder" in call.names else 1)
    period = schedule(L, steps, letters.gated)[1]
    if tokens < period:
        raise BadArgument(f"a letter of {name} takes {period} tokens of {steps} steps; tokens={tokens} is not one letter")
    return run_of(machine, letters, tokens, steps, D, device, closed_gate, seed)


def row_of(call: Calling, name: str, key: str, run: Run, within: float | None) -> Row:
    """What the function does with one row's tensors, at all lengths."""
    reads = run.numbers.shape[2] - 1
    longest = reads * run.period
    lengths, wrong, inexact, problem = [], [], [], None
    for tokens in [run.period << i for i in range(reads.bit_length()) if 1 << i < reads] + [longest]:
        try:
            o, last = call(run.cut(tokens))
            o, last = o.double(), last.double()  # a GPU's errors come up here
        except BadArgument:
            raise
        except Exception as error:  # the function under test may raise anything; that is a finding
            problem = f"at {tokens} tokens {type(error).__name__}: {error}"
            break
        wrong.append(first(wrong_reads(run, o)))
        inexact.append(first(inexact_outputs(run, o)))
        true = run.state_after(tokens)
        exact = inexact[-1] is None and torch.equal(last, true)
        lengths.append(Length(tokens, drift(last, true, run), exact))
    keys_drift = keys_first_wrong = None
    if key not in EXACT:
        o, last = in_float64(run)
        keys_drift, keys_first_wrong = drift(last, run.state_after(longest), run), first(wrong_reads(run, o))
    return Row(
        machine=name,
        form=key,
        n_h=run.given["num_householder"],
        head_dim=run.given["q"].shape[-1],
        lengths=tuple(lengths),
        first_wrong=min((x for x in wrong if x is not None), default=None),
        first_inexact=min((x for x in inexact if x is not None), default=None),
        keys_drift=keys_drift,
        keys_first_wrong=keys_first_wrong,
        problem=problem,
        within=within,
    )


def wrong_reads(run: Run, o: Tensor) -> Tensor:
    """Tokens [T] at which some word's output names another state than the automaton's."""
    V = run.machine.states.shape[2]
    weights, bias = (torch.from_numpy(x).to(o.device) for x in (run.machine.weights, run.machine.bias))
    T = o.shape[1]
    found = torch.zeros(T, dtype=torch.bool, device=o.device)
    ends = torch.arange(run.period - 1, T, run.period, device=o.device)
    for piece in ends.split(AT_ONCE):
        logits = o[:, piece, :, :V] @ weights.T + bias  # [B, reads, H, states]
        true = run.named[:, :, piece // run.period].transpose(1, 2)
        found[piece] = ((logits.argmax(-1) != true) | logits.isnan().any(-1)).any(2).any(0)
    return found


def inexact_outputs(run: Run, o: Tensor) -> Tensor:
    """Tokens [T] at which some output is not the true one, bit for bit; 0 between the ends of letters."""
    true = torch.zeros_like(o)
    true[:, run.period - 1 :: run.period] = run.reads(o.shape[1])
    return (o != true).flatten(2).any(2).any(0)


def first(flags: Tensor) -> int | None:
    """The first place of a true flag."""
    places = flags.nonzero()
    return int(places[0]) if len(places) else None


def drift(last: Tensor, true: Tensor, run: Run) -> float:
    worst = float((last - true).square().sum((2, 3)).sqrt().max()) / run.machine.size
    return worst if math.isfinite(worst) else math.inf


def in_float64(run: Run) -> tuple[Tensor, Tensor]:
    """The same inputs run in float64: what is lost in the keys before any kernel."""
    n, T = run.given["num_householder"], run.given["q"].shape[1]
    state, outputs = run.given["initial_state"].double(), []
    for begin in range(0, T, AT_ONCE):
        tokens, steps = slice(begin, begin + AT_ONCE), slice(begin * n, (begin + AT_ONCE) * n)
        k, v, beta = (run.given[name][:, steps].double().unflatten(1, (-1, n)) for name in ("k", "v", "beta"))
        q, gates = run.given["q"][:, tokens].double(), torch.where(run.given["g"][:, tokens] < 0, 0.0, 1.0).double()
        o, state = chunked_recurrence(q, k, v, beta, gates, state)
        outputs.append(o)
    return torch.cat(outputs, 1), state
