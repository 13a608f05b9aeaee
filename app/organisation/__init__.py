"""The subject tree, people, dated membership and manager roles, and their import."""
