"""Sign-in, sessions, grants on subtrees and API keys."""
