"""Texts become sound, by a synthesizer of the user's choice.

`synthesizer` says what one does, `programs` and `wyoming` are those that there are,
and `speaking` has them say one text after the other. A shell around programs and a
server of others: no sound is made here.
"""
