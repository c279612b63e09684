"""A graph as a function of another array library, to move to where else one computes.

Reading order: `program` (the graph as a text in NumPy's words), `drifts`, `whole`, `words` and
`places` (what these words mean anywhere), `samplers`, `in_jax` and `in_torch` (what they mean
there), `chance` (random numbers), `arguments` (what a call gives), `elsewhere` and `in_numpy` (the
program run), `compiling` (the function).
"""
