"""The tour: the question that minigraph answers, first in theory, then on real data.

Reading order: `text`, `question`, `posterior`, `grid`, `real_data`, `plots`.
"""
