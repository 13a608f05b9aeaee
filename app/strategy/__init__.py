"""Whether the company is on the way to its goals: what serves each goal, what serves none, and where figures stand."""
