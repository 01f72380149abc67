"""A server as from afar: each request waits, each connection has its own narrow line.

python -m benchmarks.far_proxy PORT TARGET_PORT SECONDS BYTES_PER_SECOND
"""

import asyncio
import sys
from contextlib import suppress

_BLOCK = 1 << 16


class FarProxy:
    """Passes bytes on in both directions; both share a connection's line."""

    def __init__(self, target: int, seconds: float, rate: float) -> None:
        self._target = target
        self._seconds = seconds
        self._rate = rate

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        # Whose turn it is: what a client sends after an answer is a new request.
        answered = asyncio.Event()
        answered.set()
        await asyncio.gather(
            self._pass(reader, back, answered, asks=True),
            self._pass(there, writer, answered, asks=False),
        )

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answered: asyncio.Event,
        *,
        asks: bool,
    ) -> None:
        loop = asyncio.get_running_loop()
        free = loop.time()
        with suppress(ConnectionError):
            while block := await reader.read(_BLOCK):
                if not asks:
                    answered.set()
                elif answered.is_set():
                    answered.clear()
                    await asyncio.sleep(self._seconds)
                # Never more than the line has carried since: a late wake-up is made good.
                free = max(free, loop.time() - 0.05) + len(block) / self._rate
                await asyncio.sleep(max(0.0, free - loop.time()))
                writer.write(block)
                await writer.drain()
        with suppress(ConnectionError):
            writer.close()


async def main() -> None:
    """Serve until the process is ended."""
    port, target, seconds, rate = sys.argv[1:]
    proxy = FarProxy(int(target), float(seconds), float(rate))
    server = await asyncio.start_server(proxy.connect, "127.0.0.1", int(port), limit=_BLOCK)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
