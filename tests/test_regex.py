"""Patterns to automata, beside Python's own `re.fullmatch` on every short word."""

import itertools
import re
import sys
import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deltaword.automata import lexemes, minimize, nfa, positions
from deltaword.automata.dfa import DFA
from deltaword.automata.errors import (
    BadAutomaton,
    DuplicateLetter,
    EmptyAlphabet,
    NotRegular,
    NotSupported,
    PatternSyntax,
    TooLarge,
    UnknownLetter,
)
from deltaword.automata.regex import from_regex

KELVIN = "\u212a"  # its lower case is the plain k
LETTERS = "aA7é \n"


def all_words(alphabet, most):
    return ["".join(letters) for n in range(most + 1) for letters in itertools.product(alphabet, repeat=n)]


def assert_same_words(pattern, alphabet, words=None):
    dfa, matches = from_regex(pattern, alphabet), re.compile(pattern).fullmatch
    words = all_words(dfa.alphabet, {1: 8, 2: 7, 3: 5, 4: 4}.get(dfa.n_letters, 3)) if words is None else words
    wrong = [word for word in words if dfa.accepts(word) != bool(matches(word))]
    assert not wrong, f"{pattern!r} over {alphabet!r}: {wrong[:5]}"
    return dfa


# ---------------------------------------------------------------------- patterns, drawn

UNITS = ["a", "A", "7", r"\n", r"\x61", r"\101", r"\N{DIGIT SEVEN}", r"\ ", ".", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S"]
CLASSES = ["[aé]", "[^a]", "[A-Za-z]", r"[^\n]", r"[\d\s]", r"[^\w]", "[7-9a]", r"[]A]", r"[^]\n]", r"[a\]#-]", "[a|A]", "[ 7]"]
ANCHORS = ["^", "$", r"\A", r"\Z"]
COUNTS = ["*", "+", "?", "{2}", "{,2}", "{1,3}", "{2,}", "{0}", "{0,1}", "{3}"]
OPENINGS = [
    "(",
    "(?:",
    "(?P<@>",
    "(?i:",
    "(?s:",
    "(?a:",
    "(?-s:",
    "(?-i:",
    "(?si:",
    "(?x: ",
    "(?-x:",
    "(?u:",
    "(?#a|comment (*)(?:",
]


def groups(inner):
    return st.tuples(st.sampled_from(OPENINGS), inner).map(lambda drawn: f"{drawn[0]}{drawn[1]})")


def bigger(inner):
    """Patterns out of patterns; what is repeated is a unit or a group, since `re` repeats no anchor and no repeat."""
    repeatable = st.one_of(st.sampled_from(UNITS + CLASSES), groups(inner))
    return st.one_of(
        st.lists(inner, min_size=2, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join).map("(?:{})".format),
        groups(inner),
        st.tuples(repeatable, st.sampled_from(COUNTS), st.sampled_from(["", "?"])).map("".join),
    )


def named(pattern):
    """Group names all different, as `re` wants them."""
    number = itertools.count()
    return re.sub("@", lambda _: f"g{next(number)}", pattern)


PATTERNS = st.tuples(
    st.sampled_from(["", "", "", "(?s)", "(?i)", "(?a)", "(?x) ", "(?si)", "(?ix) # a comment (\n"]),
    st.recursive(st.sampled_from([*UNITS, *CLASSES, *ANCHORS, ""]), bigger, max_leaves=8),
).map(lambda drawn: named("".join(drawn)))


@settings(max_examples=200, deadline=None)
@given(PATTERNS, st.lists(st.text(LETTERS, min_size=4, max_size=9), max_size=60))
@example(r"(?:$|\n)*a?", [])  # a round of the loop that reads nothing
@example("(?:^){1,3}a", [])
@example("(?:|a)+$\n?", [])
@example("(?:a{0}|A){2}", [])
def test_accepts_the_words_that_fullmatch_matches(pattern, longer):
    assert_same_words(pattern, LETTERS, [*all_words(LETTERS, 3), *longer])


SMALL = st.recursive(
    st.sampled_from(["a", "b", "[ab]", ".", "[^b]", "^", "$", r"\Z", r"\n", "a*", "b+?", "$\n", ""]), bigger, max_leaves=6
).map(named)


@settings(max_examples=150, deadline=None)
@given(SMALL)
def test_accepts_the_words_that_fullmatch_matches_up_to_length_6(pattern):
    assert_same_words(pattern, "abA7é \n", all_words("ab\n", 6))


@settings(max_examples=100, deadline=None)
@given(SMALL)
def test_no_two_states_accept_the_same_words(pattern):
    dfa = from_regex(pattern, "abA7é \n")
    assert len(dfa.reachable_states()) == dfa.n_states
    rows, n = dfa.table.tolist(), dfa.n_states
    apart = {(p, q) for p in range(n) for q in range(n) if dfa.accepting_mask[p] != dfa.accepting_mask[q]}
    while more := {
        (p, q)
        for p, q in itertools.product(range(n), repeat=2)
        if (p, q) not in apart and any(pair in apart for pair in zip(rows[p], rows[q], strict=True))
    }:  # the textbook's table filling
        apart |= more
    assert len(apart) == n * (n - 1)


@settings(max_examples=100, deadline=None)
@given(SMALL)
def test_small_and_large_machines_are_minimised_alike(pattern):
    dfa = from_regex(pattern, "abA7é \n")
    assert dfa.minimized() == dfa
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minimize, "SMALL", 0)  # as if every machine were large
        assert from_regex(pattern, "abA7é \n") == dfa


TEXTBOOK = st.recursive(
    st.sampled_from("ab"),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join).map("({})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}"])).map(lambda drawn: f"({drawn[0]}){drawn[1]}"),
    ),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(TEXTBOOK)
def test_automata_lib_finds_as_many_states(pattern):
    from automata.fa.dfa import DFA as Theirs
    from automata.fa.nfa import NFA

    theirs = Theirs.from_nfa(NFA.from_regex(pattern, input_symbols={"a", "b"})).to_complete().minify()
    ours = from_regex(pattern, "ab")
    assert ours.n_states == len(theirs.states)
    assert all(ours.accepts(word) == theirs.accepts_input(word) for word in all_words("ab", 6))


@settings(max_examples=60, deadline=None)
@given(TEXTBOOK)
def test_interegular_accepts_the_same_words(pattern):
    import interegular

    theirs = interegular.parse_pattern(pattern).to_fsm()
    ours = from_regex(pattern, "ab")
    assert all(ours.accepts(word) == theirs.accepts(word) for word in all_words("ab", 6))


@pytest.mark.parametrize(
    "same",
    [["(a|b)*", "[ab]*", "(?:a*b*)*", ".*"], ["aa*", "a+", "a{1,}", "a??a*?a"], ["", "()", "a{0}", "^$", r"\A\Z", "(?:)*"]],
)
def test_patterns_of_one_language_give_one_machine(same):
    machines = [from_regex(pattern, "ab") for pattern in same]
    assert all(machine == machines[0] for machine in machines)


@pytest.mark.parametrize(
    ("pattern", "alphabet"),
    [
        ("a+?b", "ab"),
        ("^ab+$", "ab"),
        ("[]a]", "]a"),
        ("[^]a]", "]ab"),
        ("", "ab"),
        ("a|", "ab"),
        ("()", "ab"),
        ("(^a|b)c", "abc"),
        ("(?:^a|b)*c", "abc"),
        ("b(^a|b)c", "abc"),
        ("a$\n", "a\n"),
        ("a$\n\n", "a\n"),
        ("(?:a$\n?)*", "a\n"),
        (r"(\n$)*", "a\n"),
        (r"(?:\n$|a){1,3}\n*", "a\n"),
        (r"a\Z\n?", "a\n"),
        (r"$\D", "a\n 7"),
        (r"\n*$^\n", "a\n"),
        ("(?i)K", f"kK{KELVIN}"),
        (f"(?i){KELVIN}", f"kK{KELVIN}"),
        ("(?ia)k", f"kK{KELVIN}"),
        ("(?i)[^k]", f"kK{KELVIN}s"),
        ("(?i)[^a-j]", f"kK{KELVIN}aA"),
        ("(?i)s", "sSſß"),
        ("(?i)[r-t]", "sSſR"),
        ("(?i)\u0131", "iI\u0130\u0131"),
        (r"\d", "7\u0667x"),  # the Arabic seven is a digit, except under (?a)
        (r"(?a)\d", "7\u0667x"),
        (r"(?a:\w)\w", "eé"),
        (".", "a\n\r\u2028"),
        ("(?s).(?-s:.)", "a\n"),
        ("(?i)a(?-i:a)a", "aA"),
        ("(?s).", "a\n"),
        ("(?x) a b # c ( \n [ ] \\ ", "ab "),
        ("(a*)*b|(?:(?:a|b)*)+", "ab"),
        ("(?:a?){3}", "a"),
        ("(?:a|b{0}){2,4}", "ab"),
        (r"[^\s\S]|a", "ab"),
    ],
)
def test_traps(pattern, alphabet):
    assert_same_words(pattern, alphabet)


def test_the_sixteen_combinations_of_anchors_at_both_ends():
    for before, after, inner in itertools.product(ANCHORS, ANCHORS, ["a", "", r"\n", "(?:a|\n)*", "(?:a$)?"]):
        assert_same_words(f"{before}{inner}{after}\n?", "a\n")


# ---------------------------------------------------------------------- the alphabet


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("ba", "ab"),
        (r"[a-c]\x7a", "abcz"),
        ("b.*", "b"),
        ("[^a]*b", "ab"),
        (r"(?i)ab", "ABab"),
        ("[\u4e00-\u9fff]|a|[\u4e00\u4e01]", "a\u4e00\u4e01"),
        ("[a-\uffff]b", "b"),
    ],
)
def test_inferred_alphabet_is_what_the_pattern_spells_out(pattern, letters):
    assert "".join(map(str, from_regex(pattern).alphabet)) == letters


@pytest.mark.parametrize("pattern", ["", r"\w+", ".", "[^a]", "[^a-z]*", r"\d", "[\u4e00-\u9fff]", "^$"])
def test_nothing_spelt_out_asks_for_an_alphabet(pattern):
    with pytest.raises(EmptyAlphabet, match="alphabet="):
        from_regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "column"),
    [(r"-\d", 1), ("[^a]a", 0), ("(?x) a # \\d\n [\u4e00-\u9fff]", 13), (r"\n[\n].", 6)],
)
def test_class_without_an_inferred_letter_is_refused(pattern, column):
    with pytest.raises(UnknownLetter, match=f"at column {column} .*alphabet="):
        from_regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "column"),
    [("abc", 2), ("a|b|c", 4), (r"[c]a", 0), (r"[abc]\x63", 5), ("(?x)a # c\n c", 11), (r"(a)\143", 3)],
)
def test_letter_outside_a_stated_alphabet_is_refused_at_its_column(pattern, column):
    with pytest.raises(UnknownLetter, match=rf"at column {column} of"):
        from_regex(pattern, "ab")


def test_classes_may_go_beyond_a_stated_alphabet():
    assert from_regex(r"[a-z]+[xyza]\w[^c]", "ab") == from_regex("[ab]+a[ab][ab]", "ab")
    assert from_regex("(?i)AB", "ab").accepts("ab")


def test_order_of_a_stated_alphabet_is_kept():
    assert from_regex("a*b", iter("ba")).alphabet == ("b", "a")


@pytest.mark.parametrize(
    ("alphabet", "error", "message"),
    [
        ("", EmptyAlphabet, "empty"),
        ([], EmptyAlphabet, "empty"),
        (["a", "bc"], BadAutomaton, "'bc' at position 1"),
        (["a", ""], BadAutomaton, "'' at position 1"),
        ([0, 1], BadAutomaton, "0 at position 0"),
        (b"ab", BadAutomaton, "97 at position 0"),
        (["a", []], BadAutomaton, "position 1"),
        ("aba", DuplicateLetter, "position 2"),
    ],
)
def test_alphabet_of_anything_but_different_characters_is_refused(alphabet, error, message):
    with pytest.raises(error, match=message):
        from_regex("a", alphabet)


def test_large_alphabet_costs_one_column_for_letters_alike():
    alphabet = [chr(code) for code in range(32, 4000)]
    dfa = from_regex(r"\w+@(?i:k|\d)*", alphabet)
    for word in ["a@", "é7@K7k", "@", "a@@", "a@x"]:
        assert dfa.accepts(word) == bool(re.fullmatch(r"\w+@(?i:k|\d)*", word))


# ---------------------------------------------------------------------- refusals

REFUSED = [
    (r"(a)\1", 3, r"backreference \\1"),
    (r"([](]b)\1", 7, r"backreference \\1"),
    (r"(\[])(\\)[\]\1]\2", 15, r"backreference \\2"),
    (r"(?P<n>a)(?P=n)", 8, r"backreference \(\?P=n\)"),
    ("(?x) (a) # (?=b) \\b\n [#] \\1", 25, r"backreference \\1"),
    ("(?x: (a) # )\n \\# ) #\\1", 20, r"backreference \\1"),
    (r"(?x: (a) ) #\1", 12, r"backreference \\1"),
    ("()" * 12 + r"\12", 24, r"backreference \\12"),
    (r"()\101\1", 6, r"backreference \\1"),
    (r"(a)?(?(1)b|c)", 4, r"conditional group"),
    (r"(?P<n>a)?(?(n)b|c)", 9, r"conditional group"),
    (r"a(?=b)", 1, r"look-ahead"),
    (r"((a)(b(?!c)))", 6, r"negative look-ahead"),
    (r"[(?=](?<=a)", 5, r"look-behind"),
    (r"\((?<!a)", 2, r"negative look-behind"),
    (r"(?#(?=a)a(?>b)", 9, r"atomic group"),
    (r"(?#\)(?=a)a(?>b)", 11, r"atomic group"),
    (r"a[+]+?b++", 7, r"possessive repeat \+\+"),
    (r"a{2}b{1,2}+", 5, r"possessive repeat \{1,2\}\+"),
    (r"a{,2}+", 1, r"possessive repeat"),
    (r"a{}+b{x}+b?+", 10, r"possessive repeat \?\+"),
    (r"[\b]\\b\b", 7, r"word boundary \\b"),
    (r"a|\B", 2, r"word boundary \\B"),
    (r"(?m)^a", 0, r"flag m"),
    (r"a(?i-s:b(?sm:c))", 8, r"flag m"),
    (r"\N{LEFT PARENTHESIS}(?=a)", 20, r"look-ahead"),
    (r"(?:(?=a)){0}", 3, r"look-ahead"),
]


@pytest.mark.parametrize(("pattern", "column", "name"), REFUSED)
def test_refused_by_name_at_its_column(pattern, column, name):
    re.compile(pattern)  # Python itself takes it
    error = NotRegular if name.startswith("backreference") else NotSupported
    with pytest.raises(error, match=name) as refusal:
        from_regex(pattern, "abc")
    assert refusal.value.column == column
    assert refusal.value.pattern == pattern


INSERTED = ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", r"\b", r"\B", "(?m:a)", "(?P=first)", r"\1", "(?(1)a)"]


@settings(max_examples=150, deadline=None)
@given(PATTERNS, st.sampled_from(INSERTED), PATTERNS)
def test_refused_construct_amid_any_pattern_is_found_at_its_column(before, refused, after):
    flags = re.findall(r"^(?:\(\?[a-z]+\))?(?: # a comment \(\n)?", before)[0]
    after = re.sub(r"^\(\?[a-z]+\)( # a comment \(\n)?", "", re.sub("<g", "<h", after))
    before = f"{flags}(?P<first>a){before[len(flags) :]}"
    pattern = f"{before}{refused}(?:){after}"
    re.compile(pattern)
    with pytest.raises(NotRegular if refused in ("(?P=first)", r"\1") else NotSupported) as refusal:
        from_regex(pattern, LETTERS)
    assert refusal.value.column == len(before)


@settings(max_examples=150, deadline=None)
@given(PATTERNS)
def test_scanner_leaves_out_what_verbose_mode_leaves_out(pattern):
    """Joined again without comments, white space and the flag x, the lexemes are the same pattern."""

    def without_x(lexeme):
        if lexeme.kind == "comment":
            return ""
        if lexeme.kind == "flags" or (lexeme.kind == "open" and lexeme.text.endswith(":")):
            return re.sub(r"^\(\?\)$", "", re.sub("-(?=[:)])", "", lexeme.text.replace("x", "")))
        return lexeme.text

    plain = "".join(map(without_x, lexemes.lexemes(pattern)))
    assert from_regex(plain, LETTERS) == from_regex(pattern, LETTERS)


@pytest.mark.parametrize(
    "pattern",
    ["(", "a)", "[a", "a**", "*a", "a{3,2}", "(?P<1>a)", "(?P<n>a)(?P<n>b)", "[b-a]", "\\", r"\q", r"\1", "a(?i)", "(?L)a", "(?z)a",
     "(?P=n)", "(?P<n", "(?:", "(?", "(?#", r"\x4", r"\N{NO SUCH LETTER}", "(?i-i:a)", "(?<a>b)", r"\400"],
)  # fmt: skip
def test_malformed_pattern_gets_the_message_and_column_of_re(pattern):
    with pytest.raises(re.error) as theirs:
        re.compile(pattern)
    with pytest.raises(PatternSyntax) as ours:
        from_regex(pattern, "ab")
    assert ours.value.column == theirs.value.pos
    assert theirs.value.msg in str(ours.value)


@pytest.mark.parametrize(("number", "column"), [("4294967295", 3), ("9" * 5000, 3), ("1,99999999999", 3)])
def test_repetition_number_past_the_limit_of_re_is_named_at_its_column(number, column):
    with pytest.raises(PatternSyntax, match="repetition number") as refusal:
        from_regex(f"a*b{{{number}}}", "ab")
    assert refusal.value.column == column


def test_flags_that_contradict_each_other_are_refused():
    with pytest.raises(PatternSyntax, match="incompatible"):
        from_regex("(?a)(?u)b")


@pytest.mark.parametrize("pattern", [b"ab", bytearray(b"ab"), 5, None, ["a"], re.compile("a")])
def test_pattern_that_is_no_str_is_refused(pattern):
    with pytest.raises(PatternSyntax, match="should be str"):
        from_regex(pattern, "ab")


# ---------------------------------------------------------------------- size


def test_counted_repeats():
    assert from_regex("a{1000}", "ab").n_states == 1002
    assert from_regex("(?:(a{10}){10}){10}", "a") == from_regex("a{1000}", "a")
    assert from_regex("(?:a{0,30}){0,30}", "a") == from_regex("a{0,900}", "a")
    assert from_regex("(?:){4294967294}(?:^){100000000}a(?:$){100000000}", "a").n_states == 3
    assert from_regex("(?:a*){400}", "a").n_states == 1


@pytest.mark.parametrize("pattern", ["a{100000}", "((a{100}){100}){100}", "a{,4294967294}", "(?:a|b{50}){5000,}"])
def test_too_many_positions_stop_with_the_limit(pattern):
    with pytest.raises(TooLarge, match=str(positions.LIMIT)):
        from_regex(pattern, "ab")


def test_too_many_subsets_stop_with_the_limit(monkeypatch):
    monkeypatch.setattr(nfa, "LIMIT", 2**10)
    assert from_regex("(a|b)*a(a|b){9}", "ab").n_states == 2**10
    with pytest.raises(TooLarge, match="1024"):
        from_regex("(a|b)*a(a|b){10}", "ab")


def test_deep_nesting_works_or_stops_with_the_recursion_limit():
    def nested(depth):
        return "(?:b|" * depth + "a" + ")" * depth

    assert from_regex(nested(60), "ab") == from_regex("[ab]", "ab")
    with pytest.raises(TooLarge, match="recursion limit"):
        from_regex(nested(10**5), "ab")
    for depth in range(300, sys.getrecursionlimit() // 2):  # near the limit Python's parser may come through and our walk not
        with suppress(TooLarge):
            from_regex(nested(depth), "ab")


def test_eight_thousand_states_take_no_second():
    began = time.perf_counter()
    assert from_regex("(a|b)*a(a|b){12}", "ab").n_states == 8192
    assert time.perf_counter() - began < 1.0  # measured: 0.013 s


def test_method_of_dfa():
    assert DFA.from_regex("(ab|ba)*", alphabet="ab") == from_regex("(ab|ba)*")
    assert from_regex("a").table.dtype == np.int32
