"""Mystery shopping: scenarios, visit orders, reports with evidence, validation and appeal, and what visits say together."""
