"""One connection to a broker, and its whole life."""
