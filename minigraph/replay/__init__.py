"""A graph written down in the order it ran, to be run again on many samples at once.

`program` (the lines), `cheaper`, `writing`, `hoisting` and `ordering` (from a graph to lines),
`words` and `source` (the lines as NumPy), `quick`, `straight` and `starting` (what runs once),
`memory` and `tape` (what runs for every chunk), `spread` (how the samples of a block hang
together).
"""
