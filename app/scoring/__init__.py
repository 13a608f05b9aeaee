"""The pure core: scales, soft scores, intervals, hard metrics, composite, explain and disclosure."""
