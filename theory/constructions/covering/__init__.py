"""The search for copyless bits that track a machine with more bit vectors than states: what `covers` puts together.

generators  letters that make the others, so that the search has few
blocks      many blocks of bits at once, opposites allowed, and the plain registers of one of them
small       all blocks of 1, 2 and 3 bits, for few letters
l_classes   bits that read the word from its end: enough when every element of the monoid is regular
climb       blocks of a few bits improved letter by letter, for any number of letters
walks       bits that follow a walk on a group: enough for some group
closure     all bit vectors that words reach: the proof, or words that refute it
exact       one block, or a few, with the fewest vectors
words       the words that guide the search
greedy      blocks drawn from all libraries, counterexample by counterexample
"""
