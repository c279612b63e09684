"""The tour: the question that minigraph answers, first in theory, then on real data."""
