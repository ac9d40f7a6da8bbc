"""Repeated work: independent random streams, any number of processes, the same numbers for each."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator, SeedSequence

from cgsurvey.base.errors import OptionError

S = TypeVar("S")
T = TypeVar("T")


def streams(seed: int | None, n: int) -> list[Generator]:
    """Return `n` independent generators; the k-th depends on `seed` and k alone.

    Raises
    ------
    OptionError
        When the seed is no whole number of 0 or more.
    """
    check_seed(seed)
    return [np.random.default_rng(s) for s in SeedSequence(seed).spawn(n)]


def recorded_seed(seed: int | None) -> int:
    """Return the seed that was asked for, or one drawn now: a result that holds it can be had again."""
    check_seed(seed)
    return int(SeedSequence().generate_state(1)[0]) if seed is None else int(seed)


def check_seed(seed: object) -> None:
    """Raise OptionError when `seed` is neither None nor a whole number of 0 or more."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
        raise OptionError(f"seed={seed!r} must be a whole number of 0 or more: seed=1.")


def run_parallel(
    task: Callable[..., T], items: Sequence[Any], *, n_jobs: int = 1, progress: str | None = None
) -> list[T]:
    """Apply `task` to each item through joblib, in order.

    A ``joblib.parallel_config`` of the caller (processes, dask) is respected. `progress` is the caption of the bar
    that is shown on a terminal; None shows none.
    """
    from joblib import Parallel, delayed

    jobs = (delayed(task)(item) for item in _bar(items, progress))
    return list(Parallel(n_jobs=n_jobs)(jobs))


def in_threads(task: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """Apply `task` to a stream of items, a thread per core, and yield what it returns in the order of the items.

    For work that numpy and pyarrow do outside the interpreter. No more items are held than threads and one.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    threads = os.cpu_count() or 1
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(task, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()


def _bar(items: Sequence[Any], caption: str | None) -> Iterator[Any]:
    if caption is None:
        return iter(items)
    return iter(progress_bar()(items, desc=caption, leave=False, disable=None))


def progress_bar() -> Any:
    """The class of progress bars that works here: that of notebooks needs ipywidgets and warns without them."""
    from importlib import import_module
    from importlib.util import find_spec

    return import_module("tqdm.auto" if find_spec("ipywidgets") else "tqdm").tqdm


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS to one thread: on matrices of this size more threads cost 10 to 50 times the work."""
    with _blas().limit(limits=1):
        yield


@contextmanager
def all_threads() -> Iterator[None]:
    """Let BLAS use all cores, within `one_thread`: for products of large matrices, where threads pay."""
    with _blas().limit(limits=os.cpu_count() or 1):
        yield


@cache
def _blas() -> Any:
    """The BLAS libraries of this process; finding them takes longer than fitting a small model, so they are kept."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
