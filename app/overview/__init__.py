"""Overviews: a unit with everything that waits there, and its people or units beside each other."""
