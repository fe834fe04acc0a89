"""What the panel holds: a module for each library that opens devices.

None of the libraries is needed by who has no such device: a module is imported where
its device is configured.
"""
