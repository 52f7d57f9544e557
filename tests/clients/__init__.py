"""MCP clients that people use, each in its own environment, run against what `make run` starts.

`make clients` installs them; `python -m tests.clients [NAME ...]` runs them and prints a row for each.
"""
