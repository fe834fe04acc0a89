"""The satellite as a program: built from its settings, started, run, stopped."""
