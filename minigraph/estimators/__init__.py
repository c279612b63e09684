"""Ways round a stochastic node: each a rewrite of the graph, from Data to Data."""
