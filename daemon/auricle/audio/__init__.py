"""Sound in: frames, the pre-roll, and where frames come from."""
