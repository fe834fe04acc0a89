"""The satellite as a program: built from its settings, started, run, stopped.

Others import `app.check` and `app.run`; from `build`, the parts of a satellite, made of
settings, one function each; `control.listen_as_chosen`; `runner`, and
`turn_recognizer.TurnRecognizer`, to take turns; `state_file` and `state_lock`, to look
at a satellite that may be running.
"""
