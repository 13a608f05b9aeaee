"""Talks about released summaries of people: when they are, what they are about, and what both sides agree on."""
