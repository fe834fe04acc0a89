"""The operating system: systemd, clocks, the log, the event loop, connections."""
