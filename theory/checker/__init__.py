"""The independent checker: from the numbers of a saved network and the table of a machine to a verdict.

It shares no code with the compiler, imports no torch, and trusts nothing but the numbers themselves.

formats         float formats: how finely they count, their bytes, their rounding
weights         tensors as bytes: reading a safetensors file, digests
tables          the numbers of a network as one table a symbol
mlp             affine maps with ReLU, on whole grids exactly and on intervals soundly
exact_closure   grade 1: every intermediate is a whole number of grid steps, so nothing ever rounds
chunked_form    grade 1 for the chunked form of the recurrence too
kernel_form     and for the form of it that the Triton kernels have, segments of long sequences included
float_closure   grade 2: breadth-first closure over the float states themselves, in the network's own arithmetic
layer_space     the states of one layer of several, numbered as they are met
stack_closure   grades 1 and 2 for several layers: closure over the tuples of their states that can be reached
horizon         grade 3: up to how many tokens rounding cannot reach the reader's margin
verdict         which of these applies, and what came of it
"""
