"""How good an estimator is: bias, variance and cost, exactly where that can be computed.

Reading order: `tables`, `variances`, `pairs` (of samples), `assessment` and `assess` (of one
estimator), `comparison` and `compare` (of several), `unbiased` (or an error).
"""
