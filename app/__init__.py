"""The soft-KPI rating service."""
