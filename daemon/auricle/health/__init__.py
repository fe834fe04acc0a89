"""Whether the satellite works, and who is told.

Others import `watch.Watch`. What it sees is judged in `vitals` and `diagnostics`, which
have no clock; `supervision` tells systemd.
"""
