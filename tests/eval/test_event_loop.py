import asyncio
import threading
from contextvars import ContextVar

from eval.event_loop import run_to_end

WORD: ContextVar[str] = ContextVar("word", default="none")


async def told() -> tuple[str, int]:
    await asyncio.sleep(0)
    return WORD.get(), threading.get_ident()


def test_it_runs_here_and_where_a_loop_runs_already() -> None:
    WORD.set("given")
    assert run_to_end(told()) == ("given", threading.get_ident())

    async def within() -> tuple[str, int]:
        return run_to_end(told())

    word, thread = asyncio.run(within())
    assert word == "given"
    assert thread != threading.get_ident()
