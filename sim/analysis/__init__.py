"""Pure calculations on results: benchmarks and the decomposition of the urban rate."""
