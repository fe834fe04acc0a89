"""The settings: their sections, where they come from, and what is wrong with them."""
