"""Measuring speed: processes of a step, floors, start-up, workers, and a common workload against peers."""
