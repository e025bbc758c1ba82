"""LaTeX to MathML at build time, for every formula of the site.

Browsers draw MathML themselves: nothing is fetched, no script runs, and formulas can be read aloud and copied.  The font STIX Two
Math comes with the package ziamath and is copied into the site, since not every system has one with the sizes that brackets need.
A formula that latex2mathml does not know is a warning, and so an error.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from docutils import nodes
from fontTools.ttLib import TTFont
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.osutil import ensuredir
from sphinx.writers.html5 import HTML5Translator

FONT = "STIXTwoMath.woff"
_SPELT_OUT = (
    (re.compile(r"\\(?:[Bb]igg?)[lrm]?\s*(?=\\[lr][Vv]ert|\\\||[(\[|.)\]])"), ""),  # MathML stretches what it has to
    (re.compile(r"\\begin\{equation\*?\}|\\end\{equation\*?\}"), ""),
)
_LEFT_OVER = re.compile(r">\s*\\[A-Za-z|]*\s*<")
_SET_RIGHT = (
    (
        re.compile(r"<mo>([A-Za-z]{2,})</mo>"),
        r"<mi>\1</mi>",
    ),  # \operatorname is a name; as an operator it had a relation's spaces
    (
        re.compile(r"<mo>(&#x02016;|&#x0007C;|\|)</mo>"),
        r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>',
    ),  # norms: browsers take
    # both bars for the first of a pair
    (re.compile(r"<mo>(&#x0002F;|/)</mo>"), r'<mo lspace="0" rspace="0">\1</mo>'),
    (
        re.compile(r"(<math[^>]*><mrow>)<mo>(?=(?:&#x0(?:2264|2265|003C|003E|003D|2260|2261|2208|2192);|[<=>]))"),
        r'\1<mo form="infix">',
    ),
)

logger = logging.getLogger(__name__)


class NoFormula(ValueError):
    """What cannot be written as MathML."""


def mathml(latex: str, display: bool = False) -> str:
    r"""The formula as a <math> element. Raises NoFormula.

    >>> mathml(r"\beta\|k\|^{2} \leq 2").startswith("<math")
    True
    """
    source = latex.strip()
    for pattern, plain in _SPELT_OUT:
        source = pattern.sub(plain, source)
    try:
        found = convert(source, display="block" if display else "inline")
    except Exception as error:  # latex2mathml has errors of its own, and lets IndexError and the like through
        raise NoFormula(f"{type(error).__name__}: {error} in {latex!r}") from error
    if (left := _LEFT_OVER.search(found)) or "<merror" in found:
        raise NoFormula(f"{left[0] if left else 'an error'} is left of {latex!r}")
    for pattern, right in _SET_RIGHT:
        found = pattern.sub(right, found)
    return found


def _visit(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_or_warning(node, False))
    raise nodes.SkipNode


def _visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    parts = [part for part in re.split(r"\n\s*\n", node.astext()) if part.strip()]
    self.body.append(f'<div class="formula">{"".join(_or_warning(node, True, part) for part in parts)}</div>')
    raise nodes.SkipNode


def _or_warning(node: nodes.Element, display: bool, latex: str | None = None) -> str:
    try:
        return mathml(node.astext() if latex is None else latex, display)
    except NoFormula as error:
        logger.warning("no MathML: %s", error, location=node)
        return f"<code>{escape(node.astext())}</code>"


def font(app: Sphinx) -> None:
    """The font as a file of the site."""
    import ziamath

    target = Path(app.outdir) / "_static" / FONT
    if app.builder.format != "html" or target.exists():
        return
    ensuredir(target.parent)
    made = TTFont(Path(ziamath.__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf")
    made.flavor = "woff"
    made.save(target)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (_visit, None), (_visit_block, None))
    app.connect("build-finished", lambda app, failed: None if failed else font(app))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
