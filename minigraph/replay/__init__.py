"""A graph written down in the order it ran, to be run again on many samples at once.

`program` (the lines), `cheaper` and `writing` (from a graph to lines), `source` (the lines as
NumPy), `tape` (running them), `spread` (how the samples of a block hang together).
"""
