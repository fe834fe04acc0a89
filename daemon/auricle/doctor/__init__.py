"""What can keep a satellite from working, looked at one after the other.

`all_checks` makes the checks of one satellite, `checks` runs them side by side, and
`results` is what they find, for a person or a program. Each of the others looks at one
thing: `configuration`, `microphone`, `models`, `clock`, `host_names`, `recognizer`,
`broker` (with `broker_visit`, which goes there), `service` and `machine`. `results`,
`configuration`, `clock` and `broker` only judge, which pyproject.toml holds them to.

`auricle doctor` uses `Examination` (`all_checks`), `run_checks` (`checks`) and
`results`; other commands use `service` to see what systemd gives to the satellite.
"""
