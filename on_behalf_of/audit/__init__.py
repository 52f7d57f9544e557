"""The log of delegated access: rows, seals, the admin, and the commands. It records what it is given."""
