"""A graph as a function of another array library, to move to where else one computes.

`program` (the graph as a text in NumPy's words), `words` and `places` (what these words mean
anywhere), `in_jax` and `in_torch` (what they mean there), `chance` (random numbers), `elsewhere`
and `in_numpy` (the program run), `arguments` (what a call gives), `compiling` (the function).
"""
