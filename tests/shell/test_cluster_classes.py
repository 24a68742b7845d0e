"""Providers and setups of a template that are classes of Python."""

import os

import pytest
from test_clusters import configure, fixture_lab, good  # noqa: F401 (the fixture)

RACK = """class Rack:
    def __init__(self, folder, size=1):
        if folder == "bad":
            raise OSError("no such rack")

    def start_instance(self, *arguments, **keywords):
        print("switches on")
        return "i-1"

    def stop_instance(self, node):
        pass

    def get_ips(self, instance_id):
        return ["127.0.0.1"]

    def is_instance_running(self, instance_id):
        return True


class Marks:
    def setup_cluster(self, cluster, extra_args=()):
        print("sets up", cluster.name)
        return True
"""


def write_rack(lab, folder):
    (folder / "rack.py").write_text(RACK)
    (folder / "rack.py").chmod(0o644)
    lab.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")


@pytest.mark.parametrize("lines, line, code, told", [
    ("class = rack:Rak\npath = rack.py", 3, 2, "[provider here]: there is no class Rak in"),
    ("class = rack:Rack\npath = rak.py", 4, 2, "[provider here]: there is no file"),
    ("class = rack:Rack\npath = rack.py\narguments = machines", 5, 2, "[provider here]: arguments of rack:Rack are JSON"),
    ("class = nothing_of_that_name:Rack", 4, 2, "class nothing_of_that_name:Rack: the module nothing_of_that_name cannot be "
                                                "imported"),
    ("class = rack:Rack\npath = rack.py", 5, 2, "class rack:Rack: Rack() is not how"),
    ("class = rack:Rack\npath = rack.py\narguments = [\"a\", 2, 3]", 6, 2, "too many positional arguments"),
    ("class = rack:Rack\npath = rack.py\narguments = [\"bad\"]", 6, 1, "OSError: no such rack (rack.py, line 4)"),
    ("class = rack:Marks\npath = rack.py", 5, 2, "is no class with a method start_instance()"),
])
def test_a_class_of_python_that_cannot_be_made_is_told_in_one_sentence(lab, lines, line, code, told):
    path = configure(lab, f"[provider here]\ntype = python\n{lines}\n[cluster base1]\nprovider = here\nnodes.compute = 1\n")
    write_rack(lab, path.parent)
    for words in ((), ("--dry-run",)):
        result = lab.run("cluster", "start", "base1", *words)
        assert result.returncode == code, result.stderr
        assert f"cluster start: {path}:{line}: " in result.stderr and told in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert "cluster.cloud_provider" not in result.stderr and "_records.py" not in result.stderr


def test_what_a_class_of_python_prints_is_seen(lab):
    path = configure(lab, "[provider here]\ntype = python\nclass = rack:Rack\npath = rack.py\narguments = {\"folder\": \"a\"}\n"
                     "[setup marks]\ntype = python\nclass = rack:Marks\npath = rack.py\n"
                     "[cluster base1]\nprovider = here\nsetup = marks\nnodes.compute = 1\n")
    write_rack(lab, path.parent)
    result = good(lab, "cluster", "start", "base1")
    assert "rack:Rack: switches on\n" in result.stderr and "rack:Marks: sets up base1\n" in result.stderr
    assert "switches on" not in result.stdout
