"""One draw from set-up to output: the run sequence that all programs use."""
