"""Who gains: the same households under two scenarios."""
