"""What Home Assistant is told of the satellite and its entities."""
