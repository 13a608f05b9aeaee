"""Which workers are alive: each says so every half minute; those who keep the service running are told when none does."""
