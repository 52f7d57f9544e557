"""Hosting: what the services need around them in a deployment, and the commands `serve`, `doctor`, `explain_token`.

`rsgi` is a project's API behind granian, with `wsgi_threads`, `flat_handler` and `parent_process`; `start_conditions`
prevents a start that would go wrong. `health` answers /healthz and /readyz, `metrics` and `tracing` measure,
`json_lines` formats logs, `middleware` and `page_middleware` set headers and cookies, and `error_pages` tells people
what went wrong. Each part works alone. No other room measures or traces by itself: they report through callables, which
this room fills in.
"""
