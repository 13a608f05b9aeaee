"""Rating links, their delivery state, reminders and opt-out."""
