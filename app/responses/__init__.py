"""Rating forms and the sheets that raters hand in."""
