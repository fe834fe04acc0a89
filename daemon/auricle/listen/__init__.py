"""The live view: what the satellite hears, for somebody who looks at it.

`live_satellite` hears without a broker, `turns` are what becomes of a wake word,
`overheard` is what the satellites of its group bid (`group_listener` hears it), and
`view` draws all of it. `auricle listen` uses `LiveSatellite` (`live_satellite`);
`auricle doctor` uses `bar` (`view`). `overheard` and `view` only calculate.
"""
