"""Blind receipts: a random code by which whoever wrote a comment sees what became of it, and nobody learns anything else."""
