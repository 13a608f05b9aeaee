"""Ready-made KPIs for a line of work, in both languages."""
