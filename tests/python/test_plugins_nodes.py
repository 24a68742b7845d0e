"""What plugins do with nodes: commands, files, users, facts, jobs at the same time."""

import os
import pathlib
import time

import pytest
from conftest import SLACK, eventually, processes_with
from plugin_runs import calls_of, fake, fixture_lab, fixture_run  # noqa: F401


@pytest.fixture(name="nodes", scope="module")
def fixture_nodes(lab):
    from muster.plugins._order import Order
    told = [{"name": node.name, "address": node.address, "kind": "", "instance_id": f"i-{node.name}"} for node in lab[0].nodes()]
    with Order({"cluster": "lab", "nodes": told, "log_folder": str(lab[1] / "logs")}) as order:
        yield order.nodes


@pytest.fixture(name="ssh")
def fixture_ssh(nodes):
    return nodes[0].ssh


@pytest.fixture(name="exception", scope="module")
def fixture_exception(lab):
    from starcluster import exception
    return exception


# ---- Commands ----

def test_lines_are_stripped_and_errors_come_last(ssh):
    assert ssh.execute("echo a; echo '  b ' >&2; echo c") == ["a", "c", "b"]
    assert ssh.execute("cd /\npwd\nfalse\necho end") == ["/", "end"]
    assert ssh.execute("printf 'a\\033[31mb\\n'", only_printable=True) == ["a[31mb"]
    assert ssh.execute("") == []


def test_a_failure_is_raised_logged_or_passed_over(ssh, exception, capsys):
    with pytest.raises(exception.RemoteCommandFailed) as raised:
        ssh.execute("echo out; echo err >&2; exit 3")
    error = raised.value
    assert str(error) == "remote command 'echo out; echo err >&2; exit 3' failed with status 3:\nout\nerr"
    assert (error.command, error.exit_status, error.output, error.node) == ("echo out; echo err >&2; exit 3", 3, ["out", "err"], "n1")
    assert ssh.execute("echo still; false", raise_on_failure=False) == ["still"]
    assert "!!! ERROR - n1: remote command 'echo still; false' failed with status 1" in capsys.readouterr().err
    assert ssh.execute("false", ignore_exit_status=True) == [] and ssh.get_last_status() == 1
    assert capsys.readouterr().err == ""
    assert ssh.get_status("no-such-program") == 127 and ssh.get_status("true") == 0
    assert ssh.get_status("kill -9 $$") == 137


def test_what_is_not_silent_is_printed_as_it_comes(ssh, capsys):
    assert ssh.execute("echo a; echo b >&2", silent=False) == ["a", "b"]
    assert sorted(capsys.readouterr().out.splitlines()) == ["a", "b"]


def test_ten_megabytes_of_errors_do_not_hang(ssh):
    lines = ssh.execute("head -c 10000000 /dev/zero | tr '\\0' 'x' | fold -w 1000 >&2; echo done")
    assert lines[0] == "done" and len(lines) == 10001


def test_a_timeout_stops_all_that_the_command_started(ssh, exception):
    with pytest.raises(exception.RemoteCommandTimeout, match="was stopped after 0.3 seconds"):
        ssh.execute("sleep 87.5 & sleep 87.5", timeout=0.3)
    assert eventually(lambda: not processes_with("sleep\x0087.5"))


def test_what_is_detached_goes_on(ssh, tmp_path):
    assert ssh.execute(f"sleep 0.2; touch {tmp_path}/one", detach=True) is None
    assert ssh.execute_async(f"touch {tmp_path}/two") is None
    assert eventually(lambda: len(list(tmp_path.iterdir())) == 2)


def test_what_a_command_leaves_running_goes_on(ssh):
    (pid,) = ssh.execute("sleep 88 >/dev/null 2>&1 & echo $!")
    assert os.path.exists(f"/proc/{pid}")
    ssh.execute(f"kill {pid}")


def test_bash_reads_the_profile_and_the_path_of_the_node_stays_in_front(ssh, lab):
    assert ssh.execute('echo ${BASH_VERSION%%.*}') == ssh.execute("bash -c 'echo ${BASH_VERSION%%.*}'")
    assert ssh.get_path()[0] == f"{lab[1]}/bin"
    assert ssh.execute("echo $PATH")[0].startswith(f"{lab[1]}/bin:")
    assert ssh.execute("echo $PATH", source_profile=False)[0] == ":".join(ssh.get_path())


def test_programs_are_found(ssh, exception):
    assert ssh.which("sh")[0].endswith("/sh") and ssh.which("no-such-program") == []
    assert ssh.has_required(["sh", "cat"]) and not ssh.has_required(["sh", "no-such-program"])
    with pytest.raises(exception.RemoteCommandNotFound, match="command not found: no-such-program"):
        ssh.check_required(["no-such-program"])
    assert ssh.get_env()["MUSTER_NODE"] == "n1"


def test_a_node_that_is_not_there_is_a_connection_error(lab, exception, tmp_path):
    from muster.plugins._order import Order
    with Order({"nodes": [{"name": "gone", "address": f"unix:{tmp_path}/none.sock"}], "log_folder": str(tmp_path)}) as order:
        with pytest.raises(exception.SSHConnectionError, match="gone: unreachable"):
            order.nodes[0].ssh.execute("true")


# ---- Files ----

def test_a_file_that_nobody_closes_is_written_all_the_same(ssh, tmp_path):
    ssh.remote_file(f"{tmp_path}/lost").write("lost and found\n")
    assert ssh.execute(f"cat {tmp_path}/lost") == ["lost and found"]


def test_files_are_read_and_written(ssh, tmp_path):
    path = f"{tmp_path}/a file"
    with ssh.remote_file(path, "w") as file:
        print("one", file=file)
        file.writelines(["two\n", "three\n"])
        file.chmod(0o640)
        assert file.name == path
    with ssh.remote_file(path, "a") as file:
        file.write("four\n")
    with ssh.remote_file(path, "r") as file:
        assert file.readline() == "one\n" and file.readlines() == ["two\n", "three\n", "four\n"]
    with ssh.remote_file(path, "rb") as file:
        assert file.read() == b"one\ntwo\nthree\nfour\n"
    assert ssh.remote_file(path, "r").read(3) == "one"
    assert pathlib.Path(path).stat().st_mode & 0o777 == 0o640
    with ssh.remote_file(path, "r+") as file:
        file.write("ONE")
    assert ssh.get_remote_file_lines(path) == ["ONE\n", "two\n", "three\n", "four\n"]
    assert ssh.get_remote_file_lines(path, "o") == ["two\n", "four\n"]
    assert ssh.get_remote_file_lines(path, "o", matching=False) == ["ONE\n", "three\n"]
    ssh.remove_lines_from_file(path, "^t")
    assert pathlib.Path(path).read_text() == "ONE\nfour\n"
    with pytest.raises(OSError, match="n1: .*No such file"):
        ssh.remote_file(f"{tmp_path}/none/here", "w")
    with pytest.raises(OSError, match="No such file"):
        ssh.remote_file(f"{tmp_path}/none", "r")


def test_paths_have_the_original_order_of_arguments(ssh, tmp_path):
    folder = str(tmp_path)
    ssh.mkdir(f"{folder}/d", 0o700)
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700
    with pytest.raises(OSError, match="File exists"):
        ssh.mkdir(f"{folder}/d")
    ssh.mkdir(f"{folder}/d", ignore_failure=True)
    ssh.makedirs(f"{folder}/x/y/z")
    (tmp_path / "x/link").symlink_to("nowhere")
    (tmp_path / "x/it's").write_text("1234")
    assert ssh.isdir(f"{folder}/x/y/z") and not ssh.isfile(f"{folder}/x")
    assert ssh.isfile(f"{folder}/x/it's") and not ssh.path_exists(f"{folder}/x/link") and ssh.lpath_exists(f"{folder}/x/link")
    assert ssh.ls(f"{folder}/x") == [f"{folder}/x/it's", f"{folder}/x/link", f"{folder}/x/y"]
    assert ssh.glob(f"{folder}/x/[il]*") == [f"{folder}/x/it's", f"{folder}/x/link"] and ssh.glob(f"{folder}/q*") == []
    ssh.chmod(0o604, f"{folder}/x/it's")
    assert ssh.stat(f"{folder}/x/it's").st_mode & 0o777 == 0o604 and ssh.stat(f"{folder}/x/it's").st_size == 4
    ssh.chown(os.getuid(), os.getgid(), f"{folder}/x/it's")
    assert ssh.lstat(f"{folder}/x/link").st_mode & 0o170000 == 0o120000
    ssh.unlink(f"{folder}/x/it's")
    assert not os.path.exists(f"{folder}/x/it's")
    with pytest.raises(OSError, match="Is a directory"):
        ssh.unlink(f"{folder}/x")


def test_trees_go_there_and_back(ssh, exception, tmp_path):
    here, there, back = (tmp_path / name for name in ("here", "there", "back"))
    (here / "tree/empty").mkdir(parents=True)
    (here / "tree/run").write_text("#!/bin/sh\n")
    (here / "tree/run").chmod(0o755)
    (here / "tree/none").touch()
    (here / "tree/link").symlink_to("run")
    there.mkdir()
    back.mkdir()
    ssh.put(str(here / "tree"), str(there))
    ssh.get(str(there / "tr*"), str(back))
    assert (back / "tree/run").stat().st_mode & 0o777 == 0o755 and (back / "tree/none").stat().st_size == 0
    assert (back / "tree/empty").is_dir() and os.readlink(back / "tree/link") == "run"
    ssh.put([str(here / "tree/run"), str(here / "tree/none")], str(there))
    assert sorted(os.listdir(there)) == ["none", "run", "tree"]
    with pytest.raises(exception.BaseException, match="Remote file or directory does not exist: /no/such"):
        ssh.get("/no/such")
    with pytest.raises(exception.BaseException, match="Local file or directory does not exist: /no/such"):
        ssh.put("/no/such")
    ssh.sftp.get(str(there / "run"), str(back / "copy"))
    assert (back / "copy").read_text() == "#!/bin/sh\n" and "none" in ssh.sftp.listdir(str(there))


# ---- Users ----

@pytest.mark.skipif(os.getuid() != 0, reason="only root's clusterd may become others")
def test_commands_run_as_another_user(ssh, exception):
    ssh.switch_user("nobody")
    try:
        assert ssh.execute("id -un; echo $HOME; echo $USER") == ["nobody", "/nonexistent", "nobody"]
        assert ssh.get_current_user() == ssh._username == "nobody"
        with pytest.raises(exception.RemoteCommandFailed):
            ssh.execute("test -r /etc/shadow")
    finally:
        ssh.switch_user("root")
    assert ssh.execute("id -un") == ["root"]
    with pytest.raises(exception.SSHAuthException, match="n1 has no user nobody-there"):
        ssh.switch_user("nobody-there")


def test_users_and_groups_are_looked_up(nodes):
    root = nodes[0].getpwnam("root")
    assert (root.pw_uid, root.pw_dir, nodes[0].getpwuid(0).pw_name) == (0, "/root", "root")
    assert nodes[0].getpwnam("nobody-there") is None and nodes[0].getgrnam("root").gr_gid == 0
    assert nodes[0].getgrgid(987654) is None and nodes[0].getpwnam("0") is None
    assert nodes[0].get_user_map()["root"].pw_uid == 0 and nodes[0].get_user_map(key_by_uid=True)[0].pw_name == "root"


def test_helpers_call_the_programs_of_the_node(nodes, lab):
    calls = [fake(lab[1] / "bin", name) for name in ("apt-get", "useradd", "userdel", "groupadd")]
    nodes[0].apt_install("htop tree")
    nodes[0].package_install(["vim"])
    assert calls_of(calls[0]) == [f"n1: <-y> <--allow-downgrades> <-o> <Dpkg::Options::=--force-confnew> {rest}" for rest in (
        "<update>", "<install> <htop> <tree>", "<update>", "<install> <vim>")]
    nodes[0].add_user("someone", 4321, 4322, "sh")
    nodes[0].remove_user("someone")
    assert calls_of(calls[3]) == ["n1: <-o> <-g> <4322> <someone>"] and calls_of(calls[2]) == ["n1: <someone>"]
    assert calls_of(calls[1])[0].startswith("n1: <-m> <-g> <4322> <-o> <-u> <4321> <-s> </")
    nodes[0].add_user("root")
    assert len(calls_of(calls[1])) == 1


# ---- Facts ----

def test_facts_are_those_of_the_machine(nodes):
    master = nodes[0]
    assert [node.is_master() for node in nodes] == [True, False, False]
    assert str(master.num_processors) == master.ssh.execute("nproc --all")[0]
    assert str(master.memory) == master.ssh.execute("free -m | awk '/^Mem/ {print $2}'")[0]
    assert (master.id, master.alias, master.state, master.ip_address) == ("i-n1", "n1", "running", "127.0.0.1")
    assert master.private_ip_address and master.dns_name and master.arch == os.uname().machine
    master.add_tag("role", "head")
    assert master.tags == {"role": "head"} and master.is_up() and master.update() == "running"
    with pytest.raises(AttributeError, match="a node has no num_cpus"):
        master.num_cpus  # noqa: B018


def test_this_machine_stays_as_it_is(nodes, capsys):
    before = pathlib.Path("/etc/hosts").read_bytes(), os.uname().nodename
    nodes[0].set_hostname("other")
    nodes[0].add_to_etc_hosts(nodes)
    nodes[0].reboot()
    assert (pathlib.Path("/etc/hosts").read_bytes(), os.uname().nodename) == before
    assert capsys.readouterr().out.count("n1 is on this machine") == 3


# ---- Jobs at the same time ----

def test_all_jobs_run_to_their_end_and_failures_are_told_together(exception):
    from starcluster import threadpool
    pool = threadpool.get_thread_pool(size=20)
    ran = []

    def job(number):
        ran.append(number)
        if number % 7 == 3:
            raise ValueError(f"no {number}")
        return number * number

    for number in range(20):
        pool.simple_job(job, (number), jobid=f"node{number:03}")
    with pytest.raises(exception.ThreadPoolException) as raised:
        pool.wait(numtasks=20)
    assert sorted(ran) == list(range(20))
    assert [(str(error), job) for error, _, job in raised.value.exceptions] == [
        (f"no {number}", f"node{number:03}") for number in (3, 10, 17)]
    assert all("raise ValueError" in text for _, text, _ in raised.value.exceptions)
    assert "error occurred in job (id=node003): no 3" in str(raised.value)
    assert pool.map(lambda one, two: one + two, [1, 2], (10, 20), jobid_fn=lambda one, two: one) == [11, 22]
    pool.simple_job("a b".split)
    pool.simple_job(max, [1, 2])
    assert pool.get_results() == [["a", "b"], 2]


def test_the_wait_ends_with_the_slowest_job(nodes):
    from starcluster.threadpool import ThreadPool
    pool = ThreadPool(20)
    began = time.monotonic()
    for node in nodes:
        pool.simple_job(node.ssh.execute, ("sleep 0.5",), jobid=node.alias)
    pool.wait()
    assert time.monotonic() - began < 1 * SLACK
