"""The log of delegated access: which call, for whom, through whom, and what was decided. It knows no tokens.

`models` has the rows, `append_only` and `triggers` keep them from changing, `group_commit` makes them durable,
`sealing` chains and signs them, `verification` checks all of it. `admin` is for reviewers, `management` for operators.
`time_limit` bounds what the database may take, and `breaker` stops asking one that is down.

Install the app, and write ON_BEHALF_OF["AUDIT"] (see `configuration.py`). docs/audit.md says what the log promises.
"""
