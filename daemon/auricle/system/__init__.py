"""What the daemon needs of the operating system, whoever uses it.

`clock` knows which clock nobody sets; `event_loop` is asyncio's, with that clock;
`threads` are those that nobody waits for; `dialing` and `racing` make connections,
`tcp` notices dead ones, `tls` verifies who is at the other end; `log` is the log,
`redaction` takes secrets out of it, and `systemd` tells the service manager how it is;
`heap` keeps the memory small that the program was given, and `parent` leaves no process
behind.
`redaction` only calculates.
"""
