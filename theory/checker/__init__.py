"""The independent checker: from the numbers of a saved network and the table of a machine to a verdict.

It shares no code with the compiler, imports no torch, and trusts nothing but the numbers themselves.

formats         float formats: how finely they count, their bytes, their rounding
weights         tensors as bytes: reading a safetensors file, digests
tables          the numbers of a network as one table a letter
exact_closure   grade 1: every intermediate is a whole number of grid steps, so nothing ever rounds
chunked_form    grade 1 for the chunked form of the recurrence too
float_closure   grade 2: breadth-first closure over the float states themselves, in the network's own arithmetic
verdict         which of the two applies, and what came of it
"""
