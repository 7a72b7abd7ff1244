"""Studies: many runs, stored so that they can be resumed, compared and reduced."""
