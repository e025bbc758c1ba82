"""The gallery: named machines, each kept for a reason, and families of them named by numbers.

`names()` lists the fixed ones. Families take numbers in the name: `get("mod_7")`, `get("dihedral_9")`,
`get("saturating_counter_12")`, `get("random_8_3_seed5")`; `families()` lists their templates.

>>> get("parity").accepts("0111"), get("mod_7").n_states
(True, 7)
>>> entry("parity").reason
'the smallest group: impossible with eigenvalues in [0, 1], one reflection with the eigenvalue -1'
"""

from __future__ import annotations

from difflib import get_close_matches

from .dfa import DFA
from .errors import UnknownLanguage
from .gallery import arithmetic, counting, drawn, dyck, group_words, memory, monoids, patterns, tomita
from .gallery.entry import Entry, Family

_ENTRIES = {
    entry.name: entry
    for theme in (counting, tomita, patterns, memory, dyck, arithmetic, group_words, monoids, drawn)
    for entry in theme.ENTRIES
}
_FAMILIES = [family for theme in (counting, dyck, arithmetic, group_words, monoids, drawn) for family in theme.FAMILIES]


def names() -> list[str]:
    """The names of the fixed machines, by theme.

    >>> names()[:3]
    ['parity', 'mod_3', 'mod_4']
    """
    return list(_ENTRIES)


def entries() -> list[Entry]:
    """The fixed machines: name, description, reason, source, and `build()`, in the order of `names()`."""
    return list(_ENTRIES.values())


def families() -> list[Family]:
    """The machines named by numbers.

    >>> families()[0].template
    'mod_{m}'
    """
    return list(_FAMILIES)


def entry(name: str) -> Entry:
    """What the gallery keeps about one machine, fixed or of a family. Raises UnknownLanguage with names like it.

    >>> entry("mod_7").description
    'binary words whose number of 1s is divisible by 7'
    """
    text = str(name)
    if text in _ENTRIES:
        return _ENTRIES[text]
    for family in _FAMILIES:
        if (member := family.entry(text)) is not None:
            return member
    raise UnknownLanguage(
        f"no language {name!r}; {_suggestion(text)}names() lists the fixed ones, families() those with numbers"
    )


def get(name: str) -> DFA:
    """The machine of that name. Raises UnknownLanguage with names like it; BadAutomaton for a random machine that cannot be.

    >>> get("S_3").n_states, get("dyck_1_depth_3").accepts("((()))()")
    (6, True)
    """
    return entry(name).build()


def _suggestion(name: str) -> str:
    known = {text.lower(): text for text in [*_ENTRIES, *(family.template for family in _FAMILIES)]}
    close = [known[text] for text in get_close_matches(name.lower(), known, 3)]
    return f"did you mean {' or '.join(map(repr, close))}? " if close else ""
