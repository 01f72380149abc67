"""Parent death: a process that ends when the one that started it does, however that ended."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_EVERY_SECONDS = 1.0


def end_with(parent: int) -> None:
    """End this process as soon as its parent is gone, though it may hang in C code.

    On Linux the kernel sees to it, and processes that descendants left behind become this one's
    children, so that they can be found; elsewhere a thread watches.
    """
    if sys.platform == "linux":
        # prctl(2); the signal comes when the parent's thread that started this process ends.
        library = ctypes.CDLL(None)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        library.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY_SECONDS)
    os._exit(1)
