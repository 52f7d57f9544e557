"""A TLS proxy in front of a service, as in production. It passes bytes in both directions without reading them."""

import asyncio
import contextlib
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class TlsFront:
    port: int = 0
    service_port: int = 0  # to be set before anybody connects

    connections: set[asyncio.Task[None]] = field(default_factory=set)

    def accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        connection = asyncio.create_task(self._connected(reader, writer))
        self.connections.add(connection)
        connection.add_done_callback(self.connections.discard)

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        service_reader, service_writer = await asyncio.open_connection("127.0.0.1", self.service_port)
        await asyncio.gather(_passed(reader, service_writer), _passed(service_reader, writer))


async def _passed(source: StreamReader, target: StreamWriter) -> None:
    try:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
    finally:
        target.close()


@asynccontextmanager
async def tls_front(certificate: Path) -> AsyncIterator[TlsFront]:
    """`certificate` is a file with certificate and key."""
    front = TlsFront()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with await asyncio.start_server(front.accept, "127.0.0.1", 0, ssl=context) as server:
        front.port = server.sockets[0].getsockname()[1]
        try:
            yield front
        finally:  # clients may keep their connections open
            for connection in front.connections:
                connection.cancel()
            await asyncio.gather(*front.connections, return_exceptions=True)
