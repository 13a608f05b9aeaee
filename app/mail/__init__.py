"""The outbox: mails waiting, their delivery state, and the addresses that must not be written to."""
