"""scripts/bench measures what it says, checks every value, and tells it in its two forms. How quick
anything is, is not asked here."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["MUSTER_BIN_DIR"]).parent
sys.path.insert(0, str(ROOT / "bench"))

import figures  # noqa: E402  beside bench.py, which is not installed anywhere
import memory  # noqa: E402
import processes  # noqa: E402


def bench(*words):
    return subprocess.run([sys.executable, "-B", str(ROOT / "bench/bench.py"), "--build", str(BUILD), *words],
                          capture_output=True, text=True, check=False, timeout=100)


@pytest.fixture(name="stage", scope="module")
def fixture_stage():
    with processes.Stage(BUILD) as stage:
        yield stage


def test_a_quick_run_tells_each_figure_as_a_line_of_json():
    result = bench("--quick", "--rounds", "2", "--row", "W1", "--json")
    assert result.returncode == 0, result.stderr
    echo, program = map(json.loads, result.stdout.splitlines())
    assert echo["row"] == program["row"] == "W1"
    assert echo["command"] == "round_trip 30 2" and echo["against"] == "bare unary echo"
    for figure in (echo, program):
        assert figure["rounds"] in (1, 2)  # a busy machine has time for one
        assert figure["ours"] > 0 and figure["baseline"] > 0
        assert figure["spread"][0] <= figure["ratio"] <= figure["spread"][1]
        assert figure["gate_holds"] == (figure["ratio"] <= figure["gate"])
    assert echo["verified"] == 30 * echo["rounds"]
    assert program["verified"] == 10 * program["rounds"]


def test_without_json_there_is_a_table_for_people():
    result = bench("--quick", "--rounds", "1", "--row", "W6")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[0].split() == [
        "row", "work", "ours", "baseline", "unit", "ratio", "spread", "gate", "aim"]
    assert "idle connection, clusterd" in result.stdout


def test_the_shell_is_measured_beside_those_that_are_there():
    result = bench("--quick", "--rounds", "1", "--row", "S1", "--row", "S2", "--json")
    assert result.returncode == 0, result.stderr
    told = list(map(json.loads, result.stdout.splitlines()))
    assert told[0]["row"] == "S1" and told[0]["baseline"] > 0
    if os.access("/usr/sbin/sshd", os.X_OK):
        assert [figure["name"] for figure in told[1:3]] == ["2 nodes, Unix sockets", "2 nodes, Unix sockets, a further line"]
        assert {figure["against"] for figure in told[3:]} <= {"clush", "pdsh", None} and len(told) >= 5


def test_a_wrong_value_ends_the_run(stage):
    assert stage.driver.do("round_trip", 1, 2)["verified"] == 1
    with pytest.raises(processes.BenchError, match="value '2'"):
        stage.driver.do("round_trip", 1, 3)


@pytest.mark.parametrize("sources", ["distinct", "repeated"])
def test_a_pipeline_verifies_every_value(stage, sources):
    answer = stage.driver.do("pipeline", 0.05, 8, 2, sources)
    assert answer["verified"] >= 16 and answer["per_second"] > 0
    assert stage.driver.do("bare_pipeline", 0.05, 8, 2)["verified"] >= 16


def test_a_value_is_compared_whole_on_both_sides(stage):
    assert stage.driver.do("value", 1 << 20)["verified"] == 1
    assert stage.driver.do("bare_value", (1 << 20) + 1)["verified"] == 1


@pytest.mark.parametrize("name", ["muster", "processes"])
def test_python_does_the_same_works_here_and_there(stage, name):
    driver = processes.Driver(stage.start_python_driver(name))
    assert driver.do("round_trip", 10)["verified"] == 10
    assert driver.do("submit", 50, 8)["verified"] == 50
    assert driver.do("map", 50)["verified"] == 50
    assert driver.do("value", 1 << 20)["verified"] == 1
    with pytest.raises(processes.BenchError, match="TypeError"):
        driver.do("round_trip")


def test_the_rows_of_python_and_of_the_peers_that_are_there():
    result = bench("--quick", "--rounds", "1", "--row", "P1", "--row", "P2", "--row", "P3", "--json")
    assert result.returncode == 0, result.stderr
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [figure["row"] for figure in told] == ["P1", "P2", "P2", "P3"]
    assert all(figure["against"] == "ProcessPoolExecutor(2)" and figure["verified"] for figure in told)


def test_the_rows_of_hooks_and_of_the_pool_of_plugins():
    result = bench("--quick", "--rounds", "1", "--row", "H1", "--row", "G1", "--json")
    assert result.returncode == 0, result.stderr
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [figure["row"] for figure in told] == ["H1", "H1", "G1", "G1"]
    assert all(figure["verified"] for figure in told)


@pytest.mark.parametrize("words", [("nonsense",), ("round_trip", "many", 2), ("round_trip",)])
def test_a_work_that_cannot_be_done_is_an_error(stage, words):
    with pytest.raises(processes.BenchError):
        stage.driver.do(*words)


def test_a_peak_sees_memory_that_came_and_went(stage):
    assert set(stage.node_processes()) == {"clusterd", "spawner", "zygote"}
    with memory.Peak(lambda: memory.anonymous(stage.driver.pid)) as peak:
        stage.driver.do("value", 64 << 20)
    assert peak.above_idle() >= 32 << 20


def test_a_bound_is_held_on_its_own_side_only():
    lower = figures.Figure(row="x", name="x", unit="us", command="", ours=[2, 4, 6], baseline=[2, 2, 2],
                           gate=2.0, aim=1.9)
    assert lower.to_dict()["ratio"] == 2 and lower.to_dict()["spread"] == [1, 3]
    assert lower.to_dict()["gate_holds"] and not lower.to_dict()["aim_holds"]
    higher = figures.Figure(row="x", name="x", unit="1/s", command="", ours=[2], baseline=[2],
                            better="higher", gate=0.9, aim=1.1)
    assert higher.to_dict()["gate_holds"] and not higher.to_dict()["aim_holds"]
    memory_only = figures.Figure(row="x", name="x", unit="MiB", command="", ours=[65], judged="ours", gate=64)
    assert memory_only.to_dict()["gate_holds"] is False and memory_only.to_dict()["ratio"] is None
    assert "NO" in figures.table([memory_only])
