"""One folder or module a question; the programs in experiments/ call these."""
