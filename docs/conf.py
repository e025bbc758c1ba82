"""The site: Sphinx, since it is well kept and reads docstrings by itself (mkdocs-material: in maintenance mode since the end of 2025).

Pages that show facts are written by pages/ when the site is built; nothing in the built site comes from a network.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # this folder, never the checkout: its automata/ would hide automata-lib
os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # for the processes that compute facts

import deltaword

project = "deltaword"
author = "the deltaword authors"
release = version = deltaword.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "pages.mathematics", "pages.build"]
exclude_patterns = ["_build", "README.md", "pages"]

html_theme = "furo"
html_title = "deltaword"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sphinx = html_show_copyright = html_copy_source = False
html_theme_options = {"navigation_with_keys": True, "light_css_variables": {}, "dark_css_variables": {}}

nb_execution_mode = "off"  # tests/test_notebooks.py executes them
myst_enable_extensions = ["dollarmath", "amsmath", "substitution", "deflist", "colon_fence"]
myst_heading_anchors = 3
myst_dmath_double_inline = True
myst_substitutions = {
    "machines": len(deltaword.languages.names()),
    "statements": len(deltaword.statements.statements()),
    "in_coq": sum(bool(statement.coq) for statement in deltaword.statements.statements()),
    "version": deltaword.__version__,
}

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_mock_imports = [] if find_spec("triton") else ["triton"]
python_maximum_signature_line_length = 90
python_use_unqualified_type_names = True
smartquotes = False
add_module_names = False
highlight_language = "python"
suppress_warnings = [
    "ref.python",  # annotations are short names, which several classes may share
    "myst.header",  # notebooks and READMEs begin at the level that suits them
]

if os.environ.get("DELTAWORD_DOCS_PART") == "1":  # a part for tests, which links to pages that are left out
    suppress_warnings += ["ref.doc", "myst.xref_missing"]

linkcheck_anchors = False
linkcheck_ignore = [r"(?!https?://)"]  # files of the site: pages/checking.py
linkcheck_timeout, linkcheck_retries = 15, 1
