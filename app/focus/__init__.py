"""The KPIs that a person works on now: at most two, chosen with whoever leads."""
