"""The command line: one module a command, imported only when it is called.

`parser` knows all commands, and names the module of each; its `main` takes the
arguments and returns the exit code. `terminal` is what `listen` draws on,
`long_recording` cuts what `transcribe` sends, and `demo_lines` tells what `demo` reads;
`parser`, `long_recording` and `demo_lines` only calculate. Nothing but `build_parser`
(`parser`) may be imported by others.
"""
