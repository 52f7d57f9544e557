"""HTTP to other parties, which may be slow, silent or gone.

`http_client` has the connections and limits what is read. `http_exchange_deadline` and `timekeeper` bound the time
of a whole exchange, because requests bounds single reads only. `retry` decides what may be asked again, the
`circuit_breaker` when to stop asking, and the `throttle` how long a 429 holds. `interruption` ends a wait once the
caller has left.
"""
