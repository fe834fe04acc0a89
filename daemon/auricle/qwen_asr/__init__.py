"""The Qwen-ASR-Realtime protocol on the wire, as both of its ends need it."""
