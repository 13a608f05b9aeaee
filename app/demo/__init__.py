"""The demo organisation, built through the same commands as everything else."""
