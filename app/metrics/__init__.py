"""Readings of hard KPIs: entry, import, push and corrections."""
