"""The door to the bus: what devices publish comes in here, and what the hub tells them goes out."""
