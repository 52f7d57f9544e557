"""MCP clients that people use, each installed in an environment of its own, against what `make run` starts.

`make clients` installs them; `python -m tests.clients [NAME ...]` runs them and prints a row for each.
"""
