"""Nodes that are hosts without a clusterd: commands go through ssh. A real sshd on this machine."""

import getpass
import os
import socket
import subprocess

import muster
import pytest
from conftest import SLACK, eventually

HOST = "127.0.0.8"


@pytest.fixture(name="sshd")
def fixture_sshd(state, monkeypatch):
    if not os.access("/usr/sbin/sshd", os.X_OK):
        pytest.skip("the package openssh-server is not installed")
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)
    for key in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", state / key], check=True)
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    (state / "sshd_config").write_text(
        f"Port {port}\nListenAddress {HOST}\nHostKey {state}/host_key\nPidFile none\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {state}/user_key.pub\nPasswordAuthentication no\nPermitRootLogin yes\n")
    (state / "known_hosts").write_text(f"[{HOST}]:{port} " + (state / "host_key.pub").read_text())
    (state / "ssh_config").write_text(
        f"Host *\n  Port {port}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {state}/known_hosts\n"
        "  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n")
    monkeypatch.setenv("MUSTER_SSH", f"ssh -F {state}/ssh_config")
    process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-E", state / "sshd.log", "-f", state / "sshd_config"])

    def accepts():
        with socket.socket() as probe:
            return probe.connect_ex((HOST, port)) == 0

    assert eventually(accepts), (state / "sshd.log").read_text()
    yield state
    process.terminate()
    process.wait(timeout=10 * SLACK)


class Hosts:
    """Hosts that are there."""

    def start_instance(self, node_name):
        return node_name

    def stop_instance(self, instance_id):
        pass

    def is_instance_running(self, instance_id):
        return True

    def get_ips(self, instance_id):
        return [HOST]


def test_a_bare_host_runs_commands_through_ssh(sshd):
    cluster = muster.Cluster("lab", Hosts(), None, "key", "", str(sshd / "user_key"))
    node = cluster.add_node("compute", image_user=getpass.getuser())
    cluster.start()
    with node.connect(timeout=5 * SLACK) as connection:
        stdin, stdout, stderr = connection.exec_command("cat; echo $WHAT >&2; exit 3", environment={"WHAT": "a b"})
        stdin.write("one\ntwo")
        stdin.close()
        assert stdout.readlines() == ["one\n", "two"] and stderr.read() == b"a b\n"
        assert (stdout.channel.recv_exit_status(), stdout.channel.reason) == (3, "failed: exit code 3")
        _, stdout, _ = connection.exec_command("sleep 60", timeout=0.5)
        assert stdout.channel.recv_exit_status() == -1 and stdout.channel.reason.startswith("timed_out")
        _, stdout, _ = connection.exec_command("tty", get_pty=True)
        assert stdout.read().startswith(b"/dev/pts/")
        _, stdout, _ = connection.exec_command("sleep 60")
        stdout.channel.close()
        assert stdout.channel.recv_exit_status() == -1 and stdout.channel.reason.startswith("cancelled")
    with pytest.raises(ConnectionError, match="was closed"):
        connection.exec_command("true")
    cluster.stop()


def test_a_host_that_does_not_let_us_in_is_told(sshd):
    (sshd / "user_key.pub").write_text("")
    cluster = muster.Cluster("lab", Hosts(), None, "key", "", str(sshd / "user_key"))
    node = cluster.add_node("compute", image_user=getpass.getuser())
    cluster.start()
    assert node.connect(timeout=5 * SLACK) is None
    assert f"{HOST} has no clusterd, and ssh does not reach it: " in node.connection_error
    assert "Permission denied" in node.connection_error
    cluster.stop()
