"""Speech or not, and when an utterance is over."""
