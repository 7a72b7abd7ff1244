"""Why one household stays or moves."""
