"""The speech models of the recognizer, each behind the library that runs it."""
