"""Decision rules: pure compiled functions of one household row and the world tables."""
