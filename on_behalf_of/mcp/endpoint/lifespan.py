"""The lifespan protocol of ASGI: what a process does before it serves and after it has served."""

import logging
from contextlib import AbstractAsyncContextManager

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.mcp.endpoint.asgi_types import Receive, Send

logger = logging.getLogger(__name__)


async def follow_lifespan(lifespan: AbstractAsyncContextManager[None], receive: Receive, send: Send) -> None:
    """Enter `lifespan` when the server starts, and leave it when the server stops. Its errors end the server."""
    step = "startup"
    await receive()
    try:
        async with lifespan:
            await send({"type": "lifespan.startup.complete"})
            step = "shutdown"
            await receive()
    except ImproperlyConfigured as error:  # one sentence that says what to do; a traceback would hide it
        logger.error("%s", error)  # noqa: TRY400 - as above
        await send({"type": f"lifespan.{step}.failed", "message": str(error)})
        return
    except Exception as error:
        logger.exception("The MCP server failed at its %s.", step)
        await send({"type": f"lifespan.{step}.failed", "message": str(error)})
        raise
    await send({"type": "lifespan.shutdown.complete"})
