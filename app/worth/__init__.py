"""What a KPI is worth: what was decided and done because of it, beside the time that asking about it takes."""
