"""Repeated work gives the same numbers whatever the number of processes."""

from __future__ import annotations

import numpy as np
import pytest

from cgsurvey.base.errors import OptionError
from cgsurvey.base.parallel import one_thread, run_parallel, streams


def draw(generator: np.random.Generator) -> float:
    return float(generator.normal())


def test_streams_depend_on_the_seed_and_their_place_alone():
    few, many = [g.normal() for g in streams(7, 3)], [g.normal() for g in streams(7, 9)]
    assert few == many[:3] and len(set(many)) == 9
    assert few != [g.normal() for g in streams(8, 3)]


@pytest.mark.parametrize("seed", [1.5, -1, "a", True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(OptionError, match=r"seed=.*whole number"):
        streams(seed, 2)
    assert len(streams(np.int64(3), 2)) == 2


def test_the_number_of_processes_changes_nothing():
    assert run_parallel(draw, streams(3, 6), n_jobs=2) == run_parallel(draw, streams(3, 6), progress="drawing")


def test_one_thread_is_left_again():
    from threadpoolctl import threadpool_info

    before = [i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"]
    with one_thread():
        assert {i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"} <= {1}
    assert [i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"] == before
