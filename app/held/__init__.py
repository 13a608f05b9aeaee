"""What is held about a person: every kind of record that names somebody, how many, and where they can be read."""
