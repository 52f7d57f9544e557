"""HTTP to other servers, which may be slow, silent or down.

`http_client` pools connections and limits how much is read. `http_exchange_deadline` and `timekeeper` limit the time
of a whole exchange, because requests limits single reads only. `retry` decides which requests may be repeated, and
`throttle` how long to pause after a 429; `circuit_breaker` of `primitives` says when to stop asking. `interruption`
ends a wait once the caller has left.
"""
