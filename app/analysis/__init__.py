"""What analysts alone see of a release: strict and lenient raters, fair scores, reliability; their answers and notes."""
