"""The chunked (gated) DeltaProduct recurrence in Triton, n_h steps a token inside the kernels. Read in this order:

dots        products in three exactnesses: one pass, hi + lo, float32
chunks      where a chunk lies: batch row or packed sequence, head, tokens; the running sums of log-gates
y           Y = (I + L diag β)⁻¹ L of every chunk, all in parallel
forward     chunk after chunk with the state in registers
segments    the second level for few heads: segments of the sequence in parallel, then a short scan over them
scan        backward, last chunk first: the gradient of the state
gradients   backward, all chunks in parallel: dq, dk, dv, dβ, dg
hopper      the same in Gluon for heads of 128 on Hopper: a warp for the copy engine, two warpgroups
recurrent   token after token in float32: decoding, and short sequences without gradients
settings    which block sizes, warps and stages run on what
again       a second launch of the same kind without Triton's search for the kernel
sizes       what a call is: its sizes and settings, turns, memory
launch      allocation and launches

../README.md has the derivation.  Nothing here is imported before a kernel is needed; triton is an optional extra.
"""
