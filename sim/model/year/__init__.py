"""A year in order: the tuple of processes, markets, schedules, tables of a step and the books."""
