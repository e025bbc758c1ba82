"""From a machine to exact layers: which bits stand for its states, how a letter moves them, how they are read.

registers   the common form: copyless bits, and the Householder steps that move them
one_hot     a bit a state: permutation automata, resets, partial injections
subsets     a bit a set of states: saturating counters, and whatever else closes
constant    one row that every letter keeps or overwrites
cosets      group word problems by a smaller action of the same group
readout     integer queries, and the rows that name the state
one_layer   all of these tried on one machine
"""
