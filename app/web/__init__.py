"""The pages: one file for each page family."""
