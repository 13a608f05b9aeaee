"""The KPIs that a person works on now."""
