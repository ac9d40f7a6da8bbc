"""How the site is built: ``sphinx-build -W docs docs/_build/html``, from the extra ``docs``.

Everything a page needs is copied beside it, so that the site works without a network and from a folder of files.
"""

import re
import sys
from importlib import import_module
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref

import cgsurvey

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
write_pages = import_module("pages").write_pages  # beside this file, which is on the path from here on

project = "cgsurvey"
author = "The cgsurvey developers"
copyright = f"2026, {author}"
version = release = cgsurvey.__version__
language = "en"
smartquotes = False  # options of commands keep their two dashes

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_build"]
default_role = "py:obj"  # names in single backticks of docstrings link where they can

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # notebooks are executed when they are written, and by the tests
nb_ipywidgets_js = {}
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more
autodoc_class_signature = "mixed"
numpydoc_show_class_members = False
numpydoc_validation_checks = set()

html_theme = "pydata_sphinx_theme"
html_title = "cgsurvey"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_context = {"default_mode": "auto"}
html_use_index = False  # the reference is the index
html_show_search_summary = False  # needs a server
html_copy_source = True
html_show_sourcelink = True
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 8,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": {
        "**": ["page-toc", "sourcelink"],
        **{page: [] for page in ("agreement", "benchmarks", "reference/columns", "reference/thresholds")},  # wide
    },
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "id/index": []}


def _language(app, page, template, context, doctree):
    """Tell browsers and readers of screens which language a page is in."""
    if page.startswith("id/") or page.endswith("_id"):
        context["language"] = "id"


def _inside_link(node):
    """Tell whether a node is part of a link already."""
    while node := node.parent:
        if isinstance(node, (nodes.reference, pending_xref)):
            return True
    return False


def _link_names(app, tree):
    """Link public names that stand as code in running text, `cg.sem` or `cg.sem(model, data)`, to the reference."""
    for literal in list(tree.findall(nodes.literal)):
        name = re.match(r"cg\.(\w+)", literal.astext())
        if name and name[1] in cgsurvey.__all__ and not _inside_link(literal):
            options = {"refdomain": "py", "reftype": "obj", "reftarget": f"cgsurvey.{name[1]}", "refexplicit": True}
            link = pending_xref("", literal.deepcopy(), refdoc=app.env.docname, refwarn=False, **options)
            literal.replace_self(link)


def _hide_making(app, what, name, thing, options, signature, returned):
    """Leave out how a result is made: functions make results, readers do not."""
    return ("", None) if what == "class" and issubclass(thing, cgsurvey.Result) else None


def setup(app):
    """Write the pages that are made from data before sources are looked for."""
    app.connect("config-inited", lambda app, config: write_pages(HERE), priority=1)
    app.connect("autodoc-process-signature", _hide_making)
    app.connect("doctree-read", _link_names)
    app.connect("html-page-context", _language)
