"""The year and the run: processes in order, two engines, what is solved beforehand, one draw from start to end."""
