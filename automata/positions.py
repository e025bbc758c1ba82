"""The position automaton of a pattern's tree, built from the back.

Notation      a position is a place in the pattern that reads a letter; sets of positions are ints, bit p for position p.
              Bit 0 is the end of the pattern: a word may end where it is in the set.
State         the automaton is at a set of positions that may read the next letter. Reading a it goes from each p with
              a in letters[p] on to follow[p]. There are no empty moves.
Construction  `_ahead(node, ahead)` is the set to be in before the node, given the set to be in after it. So a sequence is folded
              from its end, and a letter makes a new position whose follow is what comes after.
Loops         before the body of a loop has been built, what it can begin with is not known: a bit that reads no letter stands for
              it in the follow sets, and is replaced at the end, outer loops first. (Two bits where a `$` asks whether a last
              newline is left.) Rounds that read nothing can be left out, since the anchors in them can only forbid.
Anchors       what comes after a place depends on what is left of the word there, so an `Ahead` holds six sets, not one. Anchors
              choose among them, and reading a letter decides which one held.
Source        Glushkov 1961, McNaughton and Yamada 1960 for positions; the six sets for anchors are ours.
"""

from __future__ import annotations

from .errors import TooLarge
from .sre import Anchor, Choice, Letter, Node, Repeat, Sequence

LIMIT = 2**14  # positions; read at each call, so that a user may raise it

Sets = tuple[int, int, int]  # when nothing is said about the rest of the word; when it is one newline; when it is empty
Ahead = tuple[Sets, Sets]  # inside the word; at its very beginning

_NOWHERE: Sets = (0, 0, 0)


class Positions:
    """The position automaton of a tree.

    letter_sets  for each Letter of the tree, its letters as a bitmask over the alphabet
    newline      the bit of the newline in such bitmasks, where the tree has a `$` and the alphabet a newline; else 0
    letters[p]   the letters position p reads; follow[p]  the set it goes to; start  the set at the beginning of the word
    Raises       TooLarge past LIMIT positions, RecursionError

    >>> a, b = Letter(((97, 97),), "", False, False, False), Letter(((98, 98),), "", False, False, False)
    >>> machine = Positions(Sequence([Repeat(a, 0, None), b]), {a: 0b01, b: 0b10}, 0)  # a*b
    >>> machine.letters, [bin(follow) for follow in machine.follow], bin(machine.start)
    ([0, 2, 0, 1], ['0b0', '0b1', '0b0', '0b1010'], '0b1010')
    """

    def __init__(self, tree: Node, letter_sets: dict[Letter, int], newline: int):
        self.letters = [0]
        self.follow = [0]
        self._letter_sets, self._newline = letter_sets, newline
        self._loops: dict[int, int] = {}  # the bit that stands for a loop: the set it stands for
        at_end = (1, 0, 1)
        self.start = self._ahead(tree, (at_end, at_end))[1][0]
        self._replace_loops()

    def _ahead(self, node: Node, ahead: Ahead) -> Ahead:
        if isinstance(node, Letter):
            return self._letter(self._letter_sets[node], ahead[0])
        if isinstance(node, Sequence):
            for part in reversed(node.parts):
                ahead = self._ahead(part, ahead)
            return ahead
        if isinstance(node, Choice):
            inside = at_start = _NOWHERE
            for option in reversed(node.options):
                before = self._ahead(option, ahead)
                inside, at_start = _either(inside, before[0]), _either(at_start, before[1])
            return inside, at_start
        if isinstance(node, Repeat):
            return self._repeat(node, ahead)
        return _past_anchor(node, ahead)

    def _letter(self, letters: int, after: Sets) -> Ahead:
        free, _, empty = after
        before = self._position(letters, free), self._position(letters & self._newline, empty), 0
        return before, before

    def _position(self, letters: int, follow: int) -> int:
        return self._new(letters, follow) if letters and follow else 0

    def _new(self, letters: int, follow: int) -> int:
        p = len(self.letters)
        if p >= LIMIT:
            raise TooLarge(
                f"the pattern has more than {LIMIT} places for letters once its counted repeats are written out; "
                "count less, or raise LIMIT of deltaword.automata.positions"
            )
        self.letters.append(letters)
        self.follow.append(follow)
        return 1 << p

    def _repeat(self, node: Repeat, after: Ahead) -> Ahead:
        ahead = self._loop(node.body, after) if node.most is None else after
        for may_stop, rounds in ((True, (node.most or node.least) - node.least), (False, node.least)):
            for _ in range(rounds):
                before = self._ahead(node.body, ahead)
                if may_stop:
                    before = _either(before[0], after[0]), _either(before[1], after[1])
                if before == ahead:  # the body reads nothing, so further rounds change nothing
                    break
                ahead = before
        return ahead

    def _loop(self, body: Node, after: Ahead) -> Ahead:
        inside, at_start = after
        again_newline = self._new(0, 0) if self._newline else 0
        again = self._new(0, 0)
        # at the end of the word, and at its beginning, further rounds read nothing: what comes after the loop is enough there
        (free, newline, _), start = self._ahead(body, ((again, again_newline, inside[2]), at_start))
        newline = newline & ~again_newline | inside[1]
        if free & again_newline:  # the body can be passed by a `$` alone
            free = free ^ again_newline | newline
        free = free & ~again | inside[0]
        self._loops |= {again: free, again_newline: newline} if self._newline else {again: free}
        return (free, newline, inside[2]), _either(start, at_start)

    def _replace_loops(self) -> None:
        every = sum(self._loops)

        def replaced(positions: int) -> int:
            while waiting := positions & every:
                loop = waiting & -waiting
                positions = positions ^ loop | self._loops[loop]
            return positions

        for loop in sorted(self._loops):  # outer loops, which the inner ones mention, come first
            self._loops[loop] = replaced(self._loops[loop])
        self.follow = [replaced(follow) for follow in self.follow]


def _either(one: Sets, other: Sets) -> Sets:
    return one[0] | other[0], one[1] | other[1], one[2] | other[2]


def _past_anchor(anchor: Anchor, after: Ahead) -> Ahead:
    inside, at_start = after
    if anchor.kind == "start":
        return _NOWHERE, at_start
    if anchor.kind == "end":
        return (inside[2], 0, inside[2]), (at_start[2], 0, at_start[2])
    return (inside[1] | inside[2], *inside[1:]), (at_start[1] | at_start[2], *at_start[1:])
