"""What happened, by whom: an append-only record."""
