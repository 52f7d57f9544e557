"""How `serve` tells worker processes what `WsgiThreads` needs. It stands alone, so that a server loads no Django."""

BODY_VARIABLE = "SERVE_MAX_BODY"  # megabytes
THREADS_VARIABLE = "SERVE_THREADS"  # most threads for views
