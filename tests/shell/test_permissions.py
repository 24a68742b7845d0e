"""Who may write our files: a daemon is strict, a person may name a file where he likes."""

import os

import pytest

from conftest import LONG


@pytest.fixture(name="folder")
def fixture_folder(clustershell):
    """The folder of the test, below one that its group may write to; with a cluster.conf."""
    below = clustershell.folder / "team" / "lab"
    below.mkdir(parents=True)
    below.chmod(0o755)
    (below / "cluster.conf").write_text("[cluster lab]\nnodes = n1=unix:/nowhere.sock\n[daemon]\nname = n1\n")
    (below / "cluster.conf").chmod(0o644)
    clustershell.folder = below
    return below


def daemon(clustershell, *arguments):
    """How a daemon ends that does not start: its exit code and what it says."""
    clusterd = clustershell.start("--listen", f"unix:{clustershell.folder}/deep/n1.sock", *arguments,
                                  program="clusterd")
    try:
        out, errors = clusterd.communicate(timeout=LONG)
    finally:
        clusterd.kill()
    assert out == b""
    return clusterd.returncode, errors.decode()


@pytest.mark.parametrize("mode, where", [(0o664, "lab/cluster.conf"), (0o646, "lab/cluster.conf"),
                                         (0o775, "lab"), (0o777, "")])
def test_a_daemon_reads_no_file_that_others_could_have_written(clustershell, folder, mode, where):
    wrong = folder.parent / where
    wrong.chmod(mode)
    for arguments in [["--config", str(folder / "cluster.conf")], []]:
        code, errors = daemon(clustershell, *arguments)
        assert code == 78
        assert "others may write to " in errors
        assert f"chmod go-w {wrong}" in errors or "chmod go-w ./cluster.conf" in errors
    clustershell.environment["MUSTER_CONFIG"] = str(folder / "cluster.conf")
    assert daemon(clustershell)[0] == 78


def test_a_person_may_name_a_file_of_his_group_but_finds_none_there(clustershell, folder):
    folder.chmod(0o775)
    (folder / "cluster.conf").chmod(0o664)
    found = clustershell.run("-c", "show")
    assert found.returncode == 2
    assert "chmod go-w ./cluster.conf" in found.stderr
    assert clustershell.run("--config", "cluster.conf", "-c", "show").returncode == 0
    clustershell.environment["MUSTER_CONFIG"] = "cluster.conf"
    assert clustershell.run("-c", "show").returncode == 0
    # The daemons of --local belong to him.
    assert clustershell.run("--local", "1", "-c", "@ true").returncode == 0
    (folder / "cluster.conf").chmod(0o666)
    assert "chmod go-w cluster.conf" in clustershell.run("-c", "show").stderr


def test_a_file_of_another_user_is_read_by_nobody(clustershell, folder):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(folder / "cluster.conf", 65533, -1)
    for arguments in [[], ["--config", "cluster.conf"]]:
        result = clustershell.run(*arguments, "-c", "show")
        assert result.returncode == 2
        assert "cluster.conf: it belongs to user 65533, neither to you nor to root" in result.stderr


def test_a_socket_below_a_folder_of_others_is_refused(clustershell, folder):
    (folder / "cluster.conf").unlink()
    folder.chmod(0o777)
    code, errors = daemon(clustershell)
    assert code == 1
    assert f"others may write to the folder {folder} " in errors and f"chmod go-w {folder}" in errors
