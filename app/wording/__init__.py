"""What a company writes itself into its letters, between the parts that stay."""
