"""The log of delegated access: who called what, for whom, through whom, and what was decided. It handles no tokens.

`models` has the rows, `append_only` and `triggers` keep them from changing, `group_commit` makes them durable,
`sealing` chains and signs them, `verification` checks all of it. `admin` is for reviewers, `management` for operators.
`time_limit` bounds how long the database may take.

Install the app, and write ON_BEHALF_OF["AUDIT"] (see `configuration.py`). docs/audit.md says what the log promises.
"""
