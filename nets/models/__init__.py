"""Models that are trained, many replicas at a time.  Read parts, sequence_model, mixers, delta; then the others for comparison.

parts            a replica axis on linear maps, norms, MLPs, convolutions
sequence_model   embedding, blocks, head
mixers           names, what a mixer must have, and one's own
delta            DeltaNet, DeltaProduct, gated or not: the mixers that this toolkit is about
diagonal, gla, mlstm, rwkv7, lstm, attention   the others of the papers' tables
scan, scan_triton   the recurrences of the first four of them, in torch and on a GPU
conv_triton      the convolutions of delta, diagonal, gla and mlstm, with what follows them, on a GPU
own              modules of the user's own
"""
