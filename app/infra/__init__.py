"""Database, types, clock, ids, tokens, passwords, SMTP, templates, logs: what the house stands on, without a word of the domain."""
