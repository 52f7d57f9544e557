"""The OAuth client: token A becomes token B (RFC 8693).

`token_exchange` sends the request, `client_authentication` proves which client sends it, `delegation` checks what came
back: the same user, the right audience, and this client as the current actor. Exchanged tokens are kept in this
process's memory and, if there is one, in a shared cache, where `entry_cipher` encrypts them. `errors` has a class for
each way to fail. Plain Python: no Django, no settings.
"""
