"""What the pages and the API share: access, viewer, sessions, JSON reader, limits, headers, CSRF."""
