"""Speed as ratios: each scenario measures its ceiling and the service in turn, in one run, on this machine."""
