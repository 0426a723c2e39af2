"""The event loop the agent runs on, and threads that nobody has to wait for."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
import threading
from typing import Any, TypeVar

T = TypeVar("T")


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, on a loop that can watch sockets for the MQTT library: the one Windows prefers cannot."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(work)


class DaemonExecutor(ThreadPoolExecutor):
    """Starts a daemon thread per call: one that hangs in a dead network mount does not keep the process alive."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call in a new thread."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                future.set_result(call(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - the waiter gets it, as from any executor
                future.set_exception(error)

        threading.Thread(target=run, name=getattr(call, "__qualname__", "call"), daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for nothing."""
