"""Pictures: one description of boxes and arrows, then a file for each format.

Reading order: `picture` (the description), `labels`, `units` (what is one box), `backflow` (where
gradients flow), `kinds`, `plates`, `playback` (another sample), `styles`, `sketch` (a graph
described); `dot`, `mermaid`, `svg`, `renderers`, `tikz`, `rails` and `text` (the formats),
`compare` (before and after), `steps` and `page` (forward and backward, step by step), `render`
(files), `notebook`, `command`.
"""

from . import notebook as notebook
from .compare import compare_pictures as compare_pictures
from .dot import to_dot as to_dot
from .mermaid import to_mermaid as to_mermaid
from .page import to_html as to_html
from .render import render as render
from .render import to_graphviz as to_graphviz
from .text import listing as listing
from .tikz import to_tikz as to_tikz
