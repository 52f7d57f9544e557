"""The pattern of Auth0's quickstart on today's libraries, to be compared with, in an environment of its own.

`requirements.in` names the libraries. `uv pip compile` makes the lock file, with the options that `make lock` uses.
"""
