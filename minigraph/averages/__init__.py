"""Averages over the randomness of a graph, by Monte Carlo and exactly.

`parts`, `moments` and `estimate` (what an average is made of), `jobs`, `threads` and `workers` (who
computes which block), `averaging` and `checkpoint` (a run), `expectation` and `difference` (by
Monte Carlo), `grid`, `summing`, `panels` and `exact` (by sums and quadrature), `best` (the best
constant baseline).
"""
