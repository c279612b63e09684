"""Operations: each is its forward, its derivative rules and its sample-axis rule."""
