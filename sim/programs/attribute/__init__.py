"""Which part of a package does what: variants, attribution, page."""
