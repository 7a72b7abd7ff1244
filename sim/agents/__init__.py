"""What a household is and how it decides: state, randomness, the rules of every process, observation."""
