"""Overviews of units, and their people or units side by side."""
