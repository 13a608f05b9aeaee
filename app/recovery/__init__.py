"""Recovery cases: a customer who was not content asks to be contacted, and whoever leads the employee does so."""
