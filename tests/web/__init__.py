"""Pages and their parts, as a browser or a person without one meets them."""
