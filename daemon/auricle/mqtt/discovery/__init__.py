"""What Home Assistant is told of the satellite and its entities.

`entities` lists them, `payload` makes the messages of them, and `introduction` says in
which steps a broker is told. These names may be imported by others:

* `payload`: SatelliteDevice, discovery, shell, single_discoveries
* `introduction`: Introduction
"""
