"""A Qwen-ASR-Realtime server for the house (optional extra `recognizer`)."""
