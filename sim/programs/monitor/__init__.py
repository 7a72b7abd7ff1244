"""Monitoring: new figures beside what was forecast of them, and the forecast they make."""
