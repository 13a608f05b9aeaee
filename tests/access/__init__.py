"""Every route with everybody at every place."""
