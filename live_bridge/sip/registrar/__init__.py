"""Who is registered, where, and whether the device still answers."""
