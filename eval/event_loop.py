"""An event loop for asynchronous libraries, wherever synchronous code runs."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


def run_to_end(coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run a coroutine in a loop of its own, with the context variables that hold here.

    A notebook already runs a loop in this thread; there it gets a thread of its own. Anywhere
    else it stays in this one, so that an interrupt ends it.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(copy_context().run, asyncio.run, coroutine).result()
