"""Under which conditions a scenario misses a target."""
