"""Close, score, partition and seal: immutable published results."""
