"""joblib's Parallel on the nodes of a cluster."""

import contextlib
import io
import os
import pathlib
import subprocess
import sys
import time

import pytest
from conftest import SLACK, ends

joblib = pytest.importorskip("joblib")


@pytest.fixture
def backend(api):
    """parallel_backend("muster") of a cluster, as joblib wants it."""
    import ClusterAPI.joblib  # noqa: F401

    def choose(cluster, **options):
        return joblib.parallel_backend("muster", cluster=cluster, **options)

    return choose


def test_parallel_runs_on_all_nodes_and_keeps_the_order(nodes, backend):
    def square(number):
        return number * number, os.environ["MUSTER_NODE"]

    with backend(nodes):
        results = joblib.Parallel()(joblib.delayed(square)(number) for number in range(1000))
    assert [result for result, _ in results] == [number * number for number in range(1000)]
    assert {node for _, node in results} == {"n1", "n2", "n3"}


def test_n_jobs_counts_the_workers_of_the_nodes(nodes, backend):
    workers = {node["name"]: node["workers"] for node in nodes.check()}
    with backend(nodes):
        assert joblib.effective_n_jobs(-1) == sum(workers.values())
        assert joblib.effective_n_jobs(-2) == sum(workers.values()) - 1
        assert joblib.effective_n_jobs(7) == 7
        with pytest.raises(ValueError, match="n_jobs == 0"):
            joblib.Parallel(n_jobs=0)([joblib.delayed(abs)(1)])
    with backend(nodes.on("n2")):
        assert joblib.effective_n_jobs(-1) == workers["n2"]
    with backend(nodes.on("n2"), n_jobs=1):
        assert joblib.Parallel()([joblib.delayed(os.getenv)("MUSTER_NODE")]) == ["n2"]


def test_without_a_cluster_it_is_that_of_the_configuration(backend):
    with joblib.parallel_backend("muster"):
        assert joblib.Parallel()(joblib.delayed(pow)(2, n) for n in range(70)) == [2 ** n for n in range(70)]


def test_what_fails_is_raised_as_its_own_type_and_stops_the_others(api, nodes, backend, tmp_path):
    def work(number, folder=str(tmp_path)):
        import pathlib
        import time
        if number == 3:
            deadline = time.monotonic() + 30
            while not list(pathlib.Path(folder).iterdir()) and time.monotonic() < deadline:
                time.sleep(0.01)
            return {}["missing"]
        (pathlib.Path(folder) / str(os.getpid())).touch()
        time.sleep(999 if number == 4 else 0)

    with backend(nodes):
        with pytest.raises(KeyError, match="missing") as caught:
            joblib.Parallel(n_jobs=6, pre_dispatch="all", batch_size=1)(
                joblib.delayed(work)(number) for number in range(3, 5))
        assert isinstance(caught.value.__cause__, api.RemoteError)
        pids = [int(path.name) for path in pathlib.Path(tmp_path).iterdir()]
        assert len(pids) == 1 and ends(pids[0])
        assert joblib.Parallel()([joblib.delayed(abs)(-1)]) == [1]


def test_a_parallel_inside_of_one_is_sequential_in_its_worker(nodes, backend):
    def inner():
        return os.getpid()

    def outer():
        import joblib
        return os.getpid(), joblib.Parallel(n_jobs=4)(joblib.delayed(inner)() for _ in range(4))

    with backend(nodes):
        for pid, inside in joblib.Parallel()(joblib.delayed(outer)() for _ in range(4)):
            assert inside == [pid] * 4


def test_small_tasks_travel_in_batches(nodes, backend):
    def worker():
        return os.environ["MUSTER_EXECUTION"]

    with backend(nodes):
        executions = joblib.Parallel()(joblib.delayed(worker)() for _ in range(2000))
        assert len(set(executions)) < 1000
        assert len(set(joblib.Parallel(batch_size=10, pre_dispatch="all")(
            joblib.delayed(worker)() for _ in range(1000)))) <= 100 + 10


def test_a_timeout_is_joblibs(nodes, backend):
    begin = time.monotonic()
    with backend(nodes):
        with pytest.raises(__import__("multiprocessing").TimeoutError):
            joblib.Parallel(timeout=0.3)(joblib.delayed(time.sleep)(99) for _ in range(2))
    assert time.monotonic() - begin < 10 * SLACK


def test_what_the_backend_cannot_take_is_refused(backend):
    with pytest.raises(TypeError, match="no option nodes; it has cluster"):
        joblib.parallel_backend("muster", nodes=3)
    with pytest.raises(TypeError, match="needs a cluster, and not a str"):
        backend("n1")


def test_what_is_printed_there_appears_here(nodes, backend):
    text = io.StringIO()
    with contextlib.redirect_stdout(text), backend(nodes):
        joblib.Parallel()(joblib.delayed(print)("hello") for _ in range(3))
    assert text.getvalue() == "hello\n" * 3


def test_the_package_itself_imports_no_joblib(api):
    program = "import sys, ClusterAPI; print('joblib' in sys.modules); import ClusterAPI.joblib; print('joblib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\nTrue\n"


def test_a_module_that_changes_the_environment_costs_no_worker(api):
    def load():
        import joblib  # noqa: F401  which sets KMP_INIT_AT_FORK
        os.environ["MUSTER_TEST_ADDED"] = "1"
        return os.getpid()

    with api.local(1, workers=1) as cluster:
        assert len({cluster.submit(load).result() for _ in range(3)}) == 1
        assert cluster.submit(os.getenv, "MUSTER_TEST_ADDED").result() is None
