"""The capture thread: it reads the microphone and hands on what concerns somebody."""
