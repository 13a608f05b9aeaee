"""What both doors tell of results in words, and the files made of it."""
