"""A graph written down in the order it ran, to be run again on many samples at once.

Reading order: `select`, `program` (the lines), `merging`, `cheaper`, `writing` (from a
graph to lines), `softmaxes`, `lawful`, `hoisting`, `ordering`; `words` and `source` (the lines as
NumPy); `memory`, `quick`, `straight` and `starting` (what runs once), `identity` (what tells it
from others), `tape` (what runs for every chunk), `spread` (how the samples of a block hang
together).
"""
