"""Which layers to put a machine into: fewest first, with what rules out fewer.

components  what one layer can hold, by every construction known
splits      one component taken off a machine: by blocks of a congruence, by images of letters, by a hole
search      the fewest components, by iterated deepening over splits
bounds      how many layers are needed at least, and why
"""
