"""The tools of this server, a module for each group. `registry` lists all of them."""
