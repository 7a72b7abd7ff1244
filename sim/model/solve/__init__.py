"""What is solved before a run: constants of the base year and pulls of the observed years."""
