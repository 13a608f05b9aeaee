"""Figures that leave the house in a signed file, and those of others that come in: made, trusted, looked at, compared."""
