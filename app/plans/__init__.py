"""Action plans: what is done about a KPI, by whom and until when, and whether it had the effect that was expected."""
