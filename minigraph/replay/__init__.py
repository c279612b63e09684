"""A graph written down in the order it ran, to be run again on many samples at once.

Reading order: `select`, `program` (the lines), `merging`, `opening`, `cheaper`, `slots` and
`writing` (from a graph to lines), `softmaxes`, `lawful`, `hoisting`, `ordering`; `words` and
`source` (the lines as NumPy); `memory`, `quick`, `straight` and `starting` (what runs once),
`running` (what runs for every block), `identity` (what tells it from others), `tape` (all of it),
`spread` (how the samples of a block hang together).
"""
