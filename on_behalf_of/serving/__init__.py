"""Hosting: what the services need around them in a deployment.

`wsgi_threads` and `parent_process` run Django in granian, `health` answers /healthz and /readyz, `metrics` and
`tracing` measure, `json_lines` formats logs, `middleware` and `page_middleware` set headers and cookies, and
`error_pages` tells people what went wrong. Each part works alone. None of the other rooms measures or traces by
itself: they report through callables, which this room fills in.
"""
