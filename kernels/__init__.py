"""The delta-product recurrence itself. Knows nothing of theory or nets. Read in this order (README.md has the derivation):

reference        token after token, in any float type, the same bits on every device
chunked          a chunk of steps at a time in plain torch: for reading, and for the CPU
triton_chunked   the same in Triton, n_h steps a token inside the kernels, forward and backward
arguments        what the public functions take, checked before anything is launched
autograd         the Triton kernels as differentiable functions and as operators for torch.compile
front            delta_product: one function that picks
fla_names        drop-in functions with the names and layouts of flash-linear-attention
bench            the kernels timed on the GPU at hand, beside the public ones: `deltaword bench kernels`
roofline         how near those times come to what the GPU can do at best

The names below are the public interface; torch and triton load when one of them is first used.
"""

from typing import TYPE_CHECKING

from ..lazy import on_first_use

if TYPE_CHECKING:
    from ..nets.conformance import conformance
    from .fla_names import (
        chunk_delta_rule,
        chunk_gated_delta_product,
        chunk_gated_delta_rule,
        fused_recurrent_delta_rule,
        fused_recurrent_gated_delta_rule,
    )
    from .front import delta_product

_HOME = {  # public name: the module that has it
    "conformance": ".nets.conformance",  # its machines come from automata, theory and nets, which the kernels know nothing of: the
    # name stands here for those who look for it beside the kernels, and the module loads, from nets/, when it is asked for
    "delta_product": "front",
    "chunk_delta_rule": "fla_names",
    "chunk_gated_delta_product": "fla_names",
    "chunk_gated_delta_rule": "fla_names",
    "fused_recurrent_delta_rule": "fla_names",
    "fused_recurrent_gated_delta_rule": "fla_names",
}

__all__ = [
    "chunk_delta_rule",
    "chunk_gated_delta_product",
    "chunk_gated_delta_rule",
    "conformance",
    "delta_product",
    "fused_recurrent_delta_rule",
    "fused_recurrent_gated_delta_rule",
]

__getattr__, __dir__ = on_first_use(__name__, _HOME)
