"""HTTP to other servers, which may be slow, silent or down.

`http_client` sends a request and limits how much is read. `written_request`, `connection_pool` and `answer` are its
parts; `http_exchange_deadline` limits the time of a whole exchange, because sockets limit single reads only. `retry`
decides which requests may be repeated, and `throttle` how long to pause after a 429; `circuit_breaker` of `primitives`
says when to stop asking. `interruption` ends a wait once the caller has left.
"""
