"""The brief: two pages for a decision maker, every number of which names the row it comes from."""
