"""Finals that are not lost: accepted on disk, published once, reported if late.

`ledger` decides what is to be done for each final; it has no clock and no file.
`final_delivery` carries that out. `outbox` keeps in its file (`outbox_file`, in a
thread) what the next run has to know, as text (`stored_final`). Only the publisher
of MQTT imports from here; others know of a final's Settled by its callback.
"""
