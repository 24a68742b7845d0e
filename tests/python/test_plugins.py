"""Plugins as StarCluster's: those of its documentation, as printed, and what a setup runs when."""

import json
import os

from plugin_runs import DOCUMENT, LOGGING_DOCUMENT, calls_of, fake, fixture_lab, fixture_run  # noqa: F401


def test_the_plugin_of_the_document_installs_on_each_node_once(run, lab):
    calls = fake(lab[1] / "bin", "apt-get")
    run.write("ubuntu.py", DOCUMENT)
    run.configure("pkginstaller", "ubuntu.PackageInstaller", pkg_to_install="htop")
    answer = run.call()
    assert answer["ok"] and answer["message"] == "pkginstaller: done on 3 nodes"
    assert calls_of(calls) == [f"n{number}: <-y> <install> <htop>" for number in (1, 2, 3)]
    again = run.call()
    assert again["ok"] and again["message"] == "nothing to do: pkginstaller ran on all 3 nodes already"
    assert len(calls_of(calls)) == 3


def test_that_with_a_log_tells_people_and_the_debug_file(run, capsys):
    run.write("ubuntu.py", LOGGING_DOCUMENT)
    run.configure("pkginstaller", "ubuntu.PackageInstaller", pkg_to_install="htop")
    assert run.call()["ok"]
    told = capsys.readouterr()
    assert told.err == "" and told.out.splitlines() == [
        ">>> Running plugin pkginstaller", *(f">>> Installing htop on n{number}" for number in (1, 2, 3))]
    assert "DEBUG - pkg_to_install = htop" in run.log()
    run.call(debug=True, again=True)
    assert "pkg_to_install = htop" in capsys.readouterr().out


def test_the_door_is_the_same_in_a_process_of_a_node(run, lab):
    run.write("ubuntu.py", LOGGING_DOCUMENT)
    run.configure("pkginstaller", "ubuntu.PackageInstaller", pkg_to_install="htop")
    from muster import _host
    source = f"import sys\nsys.path.append({os.path.dirname(os.path.dirname(_host.__file__))!r})\nimport muster._host\nmuster._host.call('plugins', {json.dumps(json.dumps(run.order()))}, 'set_up', [])"
    code, text = json.loads(lab[0].on("n1").python(source)[0].result())
    assert code == "OK" and json.loads(text)["ok"]
