"""The exit codes of ours, beside those that `os` has."""

# Whoever supervises us starts us again after either of these.
EX_DEAF = 1
EX_RESTART = 75
# A recording does not get better by that, nor does another satellite leave
# (sysexits.h).
EX_NOINPUT = 66
EX_CANTCREAT = 73
# What argparse ends a program with whose options are wrong.
EX_OPTIONS = 2
