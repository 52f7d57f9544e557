"""The tools of this server: one module for each group of them, and `registry` with the list of all."""
