"""The types that the package promises: those of the stubs, as mypy reads them, and as they are."""

import inspect
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("mypy", reason="the package mypy is not installed")
HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "client/python/ClusterAPI"
CLUSTERS = HERE.parents[1] / "provision/python"

# What no caller makes, and what pybind11 makes of a class.
NOT_TOLD = r"""
ClusterAPI\.(Cluster|Session|ValueStream|View|Outcome)\.__init__
ClusterAPI\._(aio|native)\.\w+\.__init__
ClusterAPI\._aio\._Opening.*
ClusterAPI\.(_native\.)?(Outcome|Transfer|CallQueue|Cluster)
muster\._connection\.\w+\.__init__
muster\._connection\.(SshConnection|SLICE|Channel\.(take|waiting|write)|_Self)
(muster|elasticluster)\.(cluster\.|node\.)?Node\.__init__
(muster\.plugins|starcluster)\.(\w+\.)?(Node|Ssh|SSHClient|Attributes)\.__init__
muster\._watch\.Watcher
muster\.repository\.native_of
(muster|elasticluster)\.(providers\.)?(\w+\.)?(Local|Ssh)CloudProvider\.(TYPE|start_instance|stop_instance|get_ips|is_instance_running)
"""


@pytest.fixture(name="mypy")
def fixture_mypy(tmp_path):
    """Runs mypy, or its stubtest, with nothing but our stubs; its complaints."""
    stubs = tmp_path / "stubs" / "ClusterAPI"
    for package in (PACKAGE, *(CLUSTERS / name for name in ("muster", "elasticluster", "starcluster"))):
        for stub in package.rglob("*.pyi"):
            copy = stubs.parent / stub.relative_to(package.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(stub, copy)

    def run(module, *arguments):
        done = subprocess.run([sys.executable, "-m", module, *map(str, arguments)], cwd=tmp_path, stdin=subprocess.DEVNULL,
                              env=os.environ | {"MYPYPATH": str(stubs.parent)}, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout if done.returncode != 0 else ""
    return run


@pytest.mark.parametrize("program", ["typed_program.py", "typed_clusters.py", "typed_plugins.py"])
def test_a_program_that_uses_every_name_passes_strictly(mypy, program):
    assert mypy("mypy", "--strict", HERE / program) == ""


def test_that_program_does_use_every_name():
    import ClusterAPI
    text = (HERE / "typed_program.py").read_text(encoding="utf-8")
    names = set(ClusterAPI.__all__)
    for kind in (ClusterAPI.Cluster, ClusterAPI.Session, ClusterAPI.Outcome, ClusterAPI.Event, ClusterAPI.Node,
                 ClusterAPI.Progress, ClusterAPI.FileProgress):
        names |= {name for name in vars(kind) if not name.startswith("_")}
    names |= {name for name in vars(ClusterAPI.View) if not name.startswith("_")}
    assert {"submit", "exit_code", "left"} <= names
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", text)] == []


def test_the_program_about_clusters_uses_every_name():
    import muster
    from muster import _connection
    text = (HERE / "typed_clusters.py").read_text(encoding="utf-8")
    names = set(muster.__all__)
    for kind in (muster.Cluster, muster.Node, muster.NodeResult, muster.AbstractCloudProvider, muster.AbstractSetupProvider,
                 muster.AbstractClusterRepository, _connection.Connection, _connection.Input, _connection.Output,
                 _connection.Channel):
        names |= {name for owner in kind.__mro__[:-1] if owner is not tuple for name in vars(owner) if not name.startswith("_")}
    names -= {"take", "waiting"}  # ours
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", text)] == []


WRONG_OF_CLUSTERS = """\
import elasticluster, muster
cluster = muster.Cluster("a", on_timeout="wait")
cluster.add_nodes("compute", "2")
cluster.start(min_nodes=3)
node: int = cluster.get_all_nodes()[0]
cluster.nodes["compute"].name
muster.PickleRepository()
elasticluster.Cluster("a").resize(compute="1")
muster.Clustre
"""


def test_what_is_wrong_with_clusters_is_found(mypy, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG_OF_CLUSTERS, encoding="utf-8")
    found = {int(line) for line in re.findall(r"wrong\.py:(\d+): error", mypy("mypy", "--strict", "wrong.py"))}
    assert found == set(range(2, 10))


WRONG = """\
import ClusterAPI
with ClusterAPI.local(1) as cluster:
    number: int = ClusterAPI.execute(1, "1+1")
    cluster.on(deadlin=5)
    cluster.on(deadline="5")
    cluster.on(isolation="none")
    text: str = cluster.submit(len, "abc").result()
    cluster.submit("1+1")
    cluster.shell("true")[0].result().exitcode
    cluster.map(len, ["a"], progress="yes")
    cluster.put("a", "b", output=5)
    ClusterAPI.exceute(1, "1")
"""


def test_what_is_wrong_is_found(mypy, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    found = {int(line) for line in re.findall(r"wrong\.py:(\d+): error", mypy("mypy", "--strict", "wrong.py"))}
    assert found == set(range(3, 13))


@pytest.mark.parametrize("package", ["ClusterAPI", "muster", "elasticluster", "starcluster"])
def test_the_stubs_tell_what_is_there(mypy, tmp_path, package):
    (tmp_path / "allowed").write_text(NOT_TOLD, encoding="utf-8")
    assert mypy("mypy.stubtest", package, "--ignore-missing-stub", "--allowlist", "allowed",
                "--ignore-unused-allowlist") == ""


def test_stubs_that_lie_are_found(mypy, tmp_path):
    (tmp_path / "allowed").write_text(NOT_TOLD, encoding="utf-8")
    stub = tmp_path / "stubs/ClusterAPI/__init__.pyi"
    stub.write_text(stub.read_text(encoding="utf-8").replace("timeout: float = 2.0", "time: float = 2.0"), encoding="utf-8")
    assert "ClusterAPI.View.check" in mypy("mypy.stubtest", "ClusterAPI", "--ignore-missing-stub", "--allowlist", "allowed")


def test_the_stubs_name_every_option(api, nodes):
    """Their names are the library's: Python hands them on as they are."""
    text = (PACKAGE / "__init__.pyi").read_text(encoding="utf-8")
    own = {"targets", "trust_results", "progress", "self", "local", "remote", "line", "source", "words"}
    for method, call in [("on", lambda: nodes.on(nothing=1).submit(abs, 1)), ("get", lambda: nodes.get("a", "b", nothing=1)),
                         ("shell", lambda: nodes.shell("true", nothing=1)), ("stream", lambda: next(nodes.stream("", nothing=1))),
                         ("python", lambda: nodes.python("1", nothing=1)), ("argv", lambda: nodes.argv([], nothing=1))]:
        with pytest.raises(TypeError, match="there is no option nothing") as caught:
            call()
        options = set(re.search(r"the options are (.*)", str(caught.value)).group(1).split(", "))
        told = re.search(rf"    def {method}\((.*?)\) ->", text, re.DOTALL).group(1)
        assert set(re.findall(r"\b(\w+):", told)) - own == options, method
    assert inspect.signature(api.View.on).parameters["options"].kind is inspect.Parameter.VAR_KEYWORD
