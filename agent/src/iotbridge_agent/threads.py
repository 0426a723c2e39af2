"""Threads that nobody has to wait for."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
import threading
from typing import Any


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
