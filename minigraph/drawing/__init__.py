"""Pictures: one description of boxes and arrows, then a file for each format."""

from . import notebook as notebook
from .compare import compare_pictures as compare_pictures
from .dot import to_dot as to_dot
from .mermaid import to_mermaid as to_mermaid
from .page import to_html as to_html
from .render import render as render
from .render import to_graphviz as to_graphviz
from .text import listing as listing
from .tikz import to_tikz as to_tikz
