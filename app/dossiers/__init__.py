"""Control measures on record: why people are observed at work, talked over with whom, told how, until when, reviewed."""
