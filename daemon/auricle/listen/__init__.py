"""The live view: what the satellite hears, for somebody who looks at it.

`live_satellite` hears without a broker, `turns` are what becomes of a wake word,
`overheard` is what the satellites of its group bid (`group_listener` hears it), and
`view` draws all of it. What is kept of it, on request only, `recorder` decides, with
`candidates` and `prompts`; `collection` is the folder, `tuning` makes thresholds of
what is in it, and `tuning_picture` draws them.

`auricle listen` uses `LiveSatellite` (`live_satellite`), `Collection` (`collection`),
and `tuning` with its picture; `auricle doctor` uses `bar` (`view`). `candidates`,
`overheard`, `prompts`, `tuning`, `tuning_picture` and `view` only calculate.
"""
