"""A graph written down in the order it ran, to be run again on many samples at once.

`program` (the lines), `cheaper`, `writing` and `hoisting` (from a graph to lines), `words` and
`source` (the lines as NumPy), `starting` and `tape` (running them), `spread` (how the samples of a
block hang together).
"""
