"""Large arguments: where their memory is."""

import gc
import os
import time
import weakref

import pytest
from conftest import SLACK

numpy = pytest.importorskip("numpy")
pytest.importorskip("cloudpickle")

MEBIBYTE = 1 << 20


def field(pid, name):
    """A size of its memory, in bytes."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(name))


def test_a_large_array_is_copied_nowhere_but_into_the_function(nodes):
    def use(array):
        import resource
        return float(array[-1]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10

    least = nodes.submit(use, numpy.ones(MEBIBYTE)).result()[1]
    array = numpy.ones(256 * MEBIBYTE // 8)
    array[-1] = 3.5
    gc.collect()
    before = field("self", "VmRSS")
    with open("/proc/self/clear_refs", "w", encoding="utf-8") as file:
        file.write("5")  # VmHWM counts from here
    last, most = nodes.submit(use, array).result()
    here = (field("self", "VmHWM") - before) / array.nbytes
    there = (most - least) / array.nbytes
    print(f"\nof the array: {here:.2f} more here, {there:.2f} on the node")
    assert last == 3.5
    assert here < 0.25
    assert there < 1.25


def test_arrays_of_all_kinds_arrive_as_they_are(nodes):
    def look(arrays):
        return [(array.shape, str(array.dtype), array.flags.writeable, float(array.astype("f8").sum()))
                for array in arrays]

    big = numpy.arange(600_000, dtype="f8")
    frozen = big.copy()
    frozen.flags.writeable = False
    arrays = [big, big.reshape(600, 1000), numpy.asfortranarray(big.reshape(600, 1000)), big[::2],
              big.astype(">f4"), frozen, numpy.zeros((0, 5)), numpy.arange(3), numpy.ones(600_000, "bool")]
    assert nodes.submit(look, arrays).result() == look(arrays)
    assert nodes.submit(lambda a, b: bool((a == b).all()), big, big).result()
    assert nodes.run(lambda a: float(a.sum()), big) == dict.fromkeys(("n1", "n2", "n3"), float(big.sum()))
    assert list(nodes.map(lambda a, n: float(a[n]), [big] * 20, range(20))) == list(range(20))
    assert nodes.submit(len, b"x" * 5_000_000).result() == 5_000_000


def test_a_function_may_write_to_its_array_and_the_callers_stays(nodes):
    def double(array):
        array *= 2
        return float(array[7])

    array = numpy.arange(MEBIBYTE, dtype="f8")
    assert nodes.submit(double, array).result() == 14.0
    assert array[7] == 7.0


@pytest.mark.parametrize("end", ["result", "failure", "cancel"])
def test_an_array_is_let_go_when_its_function_has_ended(nodes, end):
    array = numpy.ones(MEBIBYTE)
    seen = weakref.ref(array)
    if end == "cancel":
        future = nodes.submit(lambda array: time.sleep(999), array)
        assert future.cancel(grace=0)
    else:
        future = nodes.submit(lambda array, fails: 1 / (1 - fails), array, end == "failure")
        assert (future.exception() is not None) == (end == "failure")
    del array
    deadline = time.monotonic() + 10 * SLACK
    while seen() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    assert seen() is None
    assert future.done()


def test_a_lost_array_is_sent_again(api, cluster):
    with api.connect(configuration=cluster.configuration) as three:
        cluster.daemons[0].kill()
        cluster.daemons[0].wait()
        array = numpy.arange(MEBIBYTE, dtype="f8")
        futures = [three.on(idempotent=True, retries=1).submit(lambda a: (float(a[-1]), os.environ["MUSTER_NODE"]), array)
                   for _ in range(6)]
        assert {future.result()[0] for future in futures} == {float(MEBIBYTE - 1)}
        assert {future.result()[1] for future in futures} <= {"n2", "n3"}
