"""Executors of others: loky, joblib, dask, ray, MPI, pools; those not installed are skipped."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg


def numbers(e):
    return np.array([e.value, e.stderr, *e.grad.values(), *e.grad_stderr.values()]).tobytes()


def average(samples=60_000, **options):
    theta = mg.Data(0.5, name="θ")
    x = mg.sample(mg.Normal(theta, 1.0), name="X")
    y = mg.reinforce((x - 3.0) ** 2 + mg.cos(x))
    return mg.expectation(y, samples, wrt=theta, rng=5, block_size=1000, **options)


def test_loky_changes_no_bit():
    loky = pytest.importorskip("loky")
    executor = loky.get_reusable_executor(max_workers=2)
    try:
        assert numbers(average(executor=executor)) == numbers(average())
    finally:
        executor.shutdown(wait=True)


class Joblib:
    """An ordered map by joblib."""

    def __init__(self, joblib):
        self.joblib = joblib

    def map(self, function, items):
        call = self.joblib.delayed(function)
        with self.joblib.parallel_config(backend="threading"):
            return self.joblib.Parallel(n_jobs=2)(call(item) for item in items)


def test_joblib_changes_no_bit():
    joblib = pytest.importorskip("joblib")
    assert numbers(average(executor=Joblib(joblib))) == numbers(average())


@pytest.fixture
def cluster():
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options, silence_logs=50) as made:
        yield made


@pytest.mark.filterwarnings("ignore")
def test_dask_changes_no_bit_also_if_a_worker_dies_in_the_run(cluster):
    distributed = pytest.importorskip("distributed")
    killed = []

    def kill(estimate):
        if estimate.samples > 5000 and not killed:
            pids = list(client.run(os.getpid).values())
            os.kill(pids[0], 9)
            killed.append(time.monotonic())

    with distributed.Client(cluster) as client:
        assert numbers(average(executor=client.get_executor())) == numbers(average())
        found = average(600_000, executor=client.get_executor(), callback=kill)
    assert killed
    assert numbers(found) == numbers(average(600_000))


def test_pool_of_processes_that_died_is_an_error_and_no_number():
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    def kill(estimate):
        for process in list(executor._processes.values()):
            process.kill()

    executor = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    with executor, pytest.raises(BrokenProcessPool):
        average(10**7, executor=executor, callback=kill)


def test_a_client_of_dask_is_refused_and_its_executor_named(cluster):
    with (
        pytest.importorskip("distributed").Client(cluster) as client,
        pytest.raises(mg.UsageError, match=r"executor: got Client.*executor=client.get_executor"),
    ):
        average(executor=client)


@pytest.mark.parametrize("work", [
    lambda: lambda: mg.sample(mg.Normal(0.0, 1.0)),
    lambda: mg.primitive(lambda x: x, name="box")(mg.sample(mg.Normal(0.0, 1.0))),
], ids=["function", "black box"])  # fmt: skip
def test_a_function_that_cannot_be_sent_to_a_process_is_refused(work):
    from concurrent.futures import ProcessPoolExecutor

    executor = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    with executor, pytest.raises(mg.UsageError, match=r"cannot send the work.*pickle.*with def"):
        mg.expectation(work(), 100, executor=executor, rng=0)


def test_pool_of_multiprocessing_changes_no_bit():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert numbers(average(executor=pool)) == numbers(average())


@pytest.mark.filterwarnings("ignore")
def test_pool_of_ray_changes_no_bit():
    ray = pytest.importorskip("ray")
    pools = pytest.importorskip("ray.util.multiprocessing")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        with pools.Pool(2) as pool:
            assert numbers(average(executor=pool)) == numbers(average())
    finally:
        ray.shutdown()


OPEN_MPI = {  # it refuses root and more processes than cores, where other MPIs need no word
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}  # fmt: skip
UNDER_MPI = """
from mpi4py.futures import MPIPoolExecutor
from test_executors import average, numbers
if __name__ == "__main__":
    with MPIPoolExecutor(max_workers=2) as pool:
        print(numbers(average(executor=pool)) == numbers(average()))
"""


def test_processes_of_mpi_change_no_bit(tmp_path):
    pytest.importorskip("mpi4py")
    found = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
    if found is None:
        pytest.skip("mpiexec is not installed")
    script = tmp_path / "under_mpi.py"
    script.write_text(UNDER_MPI)
    command = [found, "-n", "3", sys.executable, "-m", "mpi4py.futures", str(script)]
    here = {**os.environ, **OPEN_MPI, "PYTHONPATH": str(Path(__file__).parent)}
    out = subprocess.run(command, capture_output=True, text=True, env=here, timeout=120)
    assert out.stdout == "True\n", out.stderr
