"""What can keep a satellite from working, looked at one after the other."""
