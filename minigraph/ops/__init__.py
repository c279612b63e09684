"""Operations: each one is its forward, its derivative rules and its sample-axis rule, side by side."""
