"""Lights, buttons and commands of the user's: a process beside the satellite.

It is one more MQTT client, and does nothing with sound. What it needs of rights and
devices, the satellite does not have.
"""
