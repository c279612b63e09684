"""Operations: each is its forward, its derivative rules and its sample-axis rule.

Reading order: `along` (how an operation runs on many samples at once), `conversions` and `base`
(what an operation is); the tables `wide`, `elementwise`, `rows`, `shaping`, `linear`, `reductions`
and `trigonometry`; `indices`, `axes`, `operators` and `calls` (how users call them) and
`selection`; `boxes` and `composing` (functions made of operations, one rectangle in pictures); the
tables `factorizations`, `pseudoinverses`, `folds` and `special`, with `bessel`, `series` and
`tails`; what users of NumPy know: `products`, `picks`, `norms`, `ranks`, `statistics`, `layouts`,
`matrices`, `grids`, `joins`, `padding`, `polynomials`, `questions`, `creation`. `namespace` gathers
all names, `dispatch` lets Data answer to them.
"""
