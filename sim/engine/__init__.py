"""The model as it runs: state, processes, fast engine, accounts and output of runs."""
