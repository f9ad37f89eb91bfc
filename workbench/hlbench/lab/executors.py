"""Who runs the batches of a search: this process, processes on this machine, or a Dask cluster."""

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def open_executor(workers: int = 1, *, dask: str | None = None) -> Iterator[tuple[Executor | None, int]]:
    """An executor and how many batches to have out at once; `None` runs them in this process.

    Args:
        workers: processes on this machine; 1 is this process.
        dask: address of a cluster's scheduler (`tcp://127.0.0.1:8786`); all its workers are used.

    Raises:
        ModuleNotFoundError: the extra `dask` is not installed.
        OSError: the cluster does not answer.
    """
    if dask is not None:
        with _dask_executor(dask) as found:
            yield found
    elif workers <= 1:
        yield None, 1
    else:
        # Started afresh, not forked: nothing of this process (threads, open files) gets into a worker.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupts) as pool:
            yield pool, 2 * workers  # one more each, so that nobody waits for work


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of the terminal; only the searching one acts on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _dask_executor(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("a Dask cluster needs the extra: pip install 'hlbench[dask]'") from error
    with Client(address, timeout="10s") as client:  # type: ignore[no-untyped-call]
        threads = sum(client.nthreads().values())
        with client.get_executor() as executor:
            yield executor, max(2 * threads, 1)
