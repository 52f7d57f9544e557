"""The OAuth client of the second hop: token A, a user's, becomes token B for one API (RFC 8693).

`TokenExchange.token_for` is what callers use. Behind it stand token sources, each with the one method
`token(wanted, rejected=…)` that returns an `Obtained`: the token, where it came from, how long the exchange took.

    MemorySource(SharedSource(TenantSource(…), cache, …))

The memory of this process lets simultaneous calls share one request; the shared cache, which may be missing or down,
does the same for all processes; the tenant is asked last. `delegation` checks each token, whether the tenant or the
cache handed it out: the same user, the right audience, and this client as the current actor. `client_authentication`
proves which client asks; `errors` has a class for each way to fail. Plain Python: no Django, no settings.
"""
