"""Ways round a stochastic node: each a rewrite of the graph, from Data to Data.

Reading order: `choose` (which draws are meant), `scores`, `baselines`, `ends`, `trials`, `poles`
and `smooth` (what a gradient along a sample would miss), `reparameterize`; `branches` (what would
have been else), `elements`, `costs` (what depends on which draw), `impossible` (what cannot be),
`turns` (several draws), `marginalize`, `kinks`, `edges`, `reinforce`; `slopes` (the frame of what
compares outcomes), `sizes`, `measure_valued`, `latents`, `antithetic`, `outcomes`,
`without_replacement`, `relaxations`, `control`, `replicate`; `unblock` (the best legal one of
them).
"""
