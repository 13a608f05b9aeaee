"""The feedback summary of a person or unit, from released rows only."""
