"""Follow-up: the course of a KPI and what it signals, figures that speak against each other, what leads to success."""
