"""The pages that show facts, written from the library and from bench/results at every build, never by hand.

mathematics  LaTeX to MathML, for every formula of the site
text         our plain texts, with their Unicode mathematics, as reStructuredText
docstrings   docstrings in our style, with aligned columns, for autodoc
writing      files that are written only when they change; facts that are computed once
machines     the gallery: a page a machine
theorems     a page a statement, and the Coq files
benchmarks   a page a file of bench/results, and the plots
modules      the reference: a page a module, and the command line
notebooks    the notebooks with their committed outputs
checking     the links and resources of the built site
build        all of them, as a Sphinx extension
"""
