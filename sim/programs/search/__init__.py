"""The cheapest bundle of measures that reaches a target with a probability, found on emulators, confirmed by runs."""
