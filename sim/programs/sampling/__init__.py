"""The full province against samples of it."""
