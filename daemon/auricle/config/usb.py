"""What devices are known by on USB."""

XVF3800 = (0x2886, 0x001A)
"""ReSpeaker's array: its vendor, and the product."""
