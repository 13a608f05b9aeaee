"""Decisions: a case for every signal and red line, its owner and day, what was chosen and why, and the ledger of it all."""
