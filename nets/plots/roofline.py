"""How near the kernels come to what the GPU can do at best; what it counts is in kernels/roofline.py."""

from __future__ import annotations

from typing import Any

import matplotlib

from ...kernels import roofline as measured
from .style import LOOK, Picture


def roofline(record: dict[str, Any] | measured.Roofline) -> Picture:
    """Speed over operations a byte, forward and forward + backward, beneath the two ceilings.

    record  what bench/record.py writes (bench/results/kernels.json), or `kernels.roofline.roofline` of it
    Raises  CorruptFile for anything else

    >>> row = {"what": "table", "B": 8, "T": 4096, "H": 16, "D": 128, "n_h": 1, "fwd_ms": 0.3, "fwd_bwd_ms": 1.5}
    >>> [axis.get_title() for axis in roofline({"device": "NVIDIA H200", "rows": [row]}).axes]
    ['forward', 'forward + backward']
    """
    found = record if isinstance(record, measured.Roofline) else measured.roofline(record)
    with matplotlib.rc_context(LOOK):
        return measured.drawn_on(Picture(figsize=measured.SIZE, layout="constrained"), found)
