"""Averages over the randomness of a graph, by Monte Carlo and exactly.

Reading order: `parts`, `moments` and `estimate` (what an average is made of); `ties` (samples that
know of each other); `traces`, `jobs`, `threads` and `workers` (who computes which block),
`checkpoint` and `averaging` (a run), `expectation` and `difference` (by Monte Carlo); `grid`,
`beyond`, `summing`, `panels`, `lines`, `refining` and `exact` (by sums and quadrature); `best` (the
best constant baseline).
"""
