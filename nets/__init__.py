"""torch: the DeltaProduct layer, networks of such layers, and the compiler from automata to their weights."""
