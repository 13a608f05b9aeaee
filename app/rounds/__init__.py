"""The round's life cycle, rater groups and modes, who rates whom, and the launch preview."""
