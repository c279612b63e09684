"""Operations: each is its forward, its derivative rules and its sample-axis rule.

Reading order: `base` (what an operation is), `along` (how it runs on many samples at once); the
tables `elementwise`, `trigonometry`, `shaping`, `reductions`, `linear`, `factorizations`,
`pseudoinverses`, `selection`, `special`; `boxes` and `composing` (functions made of operations, one
rectangle in pictures), and the functions that users of NumPy know: `folds`, `norms`, `statistics`,
`layouts`, `joins`, `products`, `matrices`, `picks`, `grids`, `creation`. `calls` makes what users
call of operations, `namespace` gathers all names, `dispatch` lets Data answer to them.
"""
