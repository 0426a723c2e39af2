"""Event loop of the agent, and an executor of daemon threads that may outlive it."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
import threading
from typing import Any, TypeVar

T = TypeVar("T")


def forget_error(future: "asyncio.Future[Any]") -> None:
    """Retrieve the error of a call whose result is not used any more; a callback for ``add_done_callback``."""
    if not future.cancelled():
        future.exception()


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop that supports the MQTT library's sockets, which Windows' default loop does not."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(work)


class DaemonExecutor(ThreadPoolExecutor):
    """Executor with a daemon thread per call: a thread that hangs in a dead network mount does not block the exit."""

    def __init__(self) -> None:
        """Start without threads."""
        super().__init__()
        self._delivery = threading.Lock()
        self._is_shut_down = False

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call in a new thread."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            deliver: Callable[[], None]
            try:
                deliver = partial(future.set_result, call(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - set on the future, as by any executor
                deliver = partial(future.set_exception, error)
            # The event loop that awaits it may have been closed in the meantime, and would log the late result.
            with self._delivery:
                if not self._is_shut_down:
                    deliver()

        threading.Thread(target=run, name=getattr(call, "__qualname__", "call"), daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - the signature of Executor
        """Return at once, and drop all further results."""
        with self._delivery:
            self._is_shut_down = True
