"""The what-if page: an emulator fitted to runs of a space-filling design, and a page that answers at once."""
