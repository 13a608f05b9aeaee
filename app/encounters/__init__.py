"""Encounters with customers, and the programmes that ask for a rating afterwards in fixed rounds."""
