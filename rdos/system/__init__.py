"""The doors below /system: what this hub is, how it does, what it logged, and a backup of it."""
