"""The pages that show facts, written from the library and from bench/results at every build, never by hand.

mathematics  LaTeX to MathML, for every formula of the site
text         our plain texts, with their Unicode mathematics, as reStructuredText
prose        our Markdown, with its Unicode mathematics, as Markdown with formulas
docstrings   docstrings in our style, with aligned columns, for autodoc
writing      files that are written only when they change; facts that are computed once
machines     the gallery: a page a machine
theorems     a page a statement, and the Coq files
benchmarks   a page a file of bench/results, and the plots
trained      a page a sweep of bench/results/trained
modules      the reference: a page a module, and the command line
kernels      kernels/README.md
notebooks    the notebooks with their committed outputs
checking     the links and resources of the built site
build        all of them, as a Sphinx extension
"""
