"""Qwen-ASR-Realtime, the streaming recognizer: messages, client protocol, client."""
