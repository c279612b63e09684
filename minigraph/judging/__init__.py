"""How good an estimator is: bias, variance and cost, exactly where that can be computed."""
