"""Two ways to carry out the rules over all households: compiled loops, and one Mesa agent each."""
