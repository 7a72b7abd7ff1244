"""The reference engine: households as Mesa agents, for reading, teaching and checking."""
