"""Jobs that turn against whoever runs them, or against each other."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from daemons import GAMES, NEWS, ROOT, WWW_DATA, lives, needs_namespaces, serving

HOSTILE = (pathlib.Path(__file__).parent / "hostile_job.py").read_text()
PROBES = ["read", "write", "list", "via root"]
LOOKS = ["ptrace", "getfd", "mem", "environ", "maps", "auxv", "fd", "map_files", "exe", "cwd", "root"]
# Some kernels keep this from everybody but root, also of one's own processes.
CLOSED_TO_ALL = ["getfd", "map_files"]


@pytest.fixture(name="node", scope="module")
def fixture_node():
    needs_namespaces()
    if shutil.which("sudo") is None:
        namespace = ""
    else:
        namespace = ("mount -t tmpfs -o mode=755 tmpfs /etc/sudoers.d\n"
                     "echo 'news ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/muster-test\n"
                     "echo 'games ALL=(ALL:ALL) NOPASSWD: ALL' >> /etc/sudoers.d/muster-test\n"
                     "chmod 440 /etc/sudoers.d/muster-test")
    rules = ("[user games]\nrole = exec\n[user news]\nrole = exec\nsudo = yes\n"
             "[user www-data]\nrole = exec\nrun_as = games\n")
    with serving(rules, settings="", namespace=namespace) as plain:
        # The folder of the secrets has to be there before it is hidden.
        (plain.folder / "secrets").mkdir(mode=0o755)
        (plain.folder / "secrets" / "sub").mkdir(mode=0o755)
        plain.stop()
        plain.write(plain.configuration.read_text().replace(
            "[user games]", f"hide = {plain.folder}/secrets\n[user games]", 1))
        plain.file("secrets/token", "the secret of the test")
        plain.file("secrets/sub/token", "the secret of the test")
        plain.file("secrets.pub", "not a secret")
        plain.file("hostile.py", HOSTILE)
        shutil.copy("/usr/bin/id", plain.folder / "id")
        (plain.folder / "id").chmod(0o4755)
        yield plain.start(namespace=namespace)


def has_landlock():
    program = "import ctypes; print(ctypes.CDLL(None).syscall(444, 0, 0, 1))"
    said = subprocess.run(["/usr/bin/python3", "-c", program], capture_output=True, encoding="utf-8", check=True)
    return int(said.stdout) > 0


def daemon_pids(node):
    """Of all that is not the job's own; the zygotes of others, too."""
    return {"keeper": node.process.pid, "network": node.child("clusterd-network"),
            "spawner": node.child("clusterd-spawner"),
            **{f"zygote {number}": pid for number, pid in enumerate(node.children("clusterd-worker"))}}


def attack(node, uid, way, files, kill):
    wanted = {"pids": daemon_pids(node), "files": files, "kill": kill}
    if way == "python":
        line = f"py 1 WANTED = {json.dumps(json.dumps(wanted))}; exec(open('{node.folder}/hostile.py').read())"
    else:
        flags = "--session hostile " if way == "session" else ""
        line = f"@1 {flags}/usr/bin/python3 -IS {node.folder}/hostile.py '{json.dumps(wanted)}'"
    # Python's worker has no arguments of its own.
    found = json.loads(node.output(uid, line))
    assert found["supervisor"] == "supervisor" or found["supervisor"].startswith("clusterd"), found["supervisor"]
    return wanted, found["results"]


@pytest.mark.parametrize("way", ["shell", "session", "python"])
@pytest.mark.parametrize("uid", [GAMES, WWW_DATA])
def test_a_job_cannot_look_into_the_daemon_or_end_it(node, uid, way):
    node.output(NEWS, "py 1 1")  # somebody else's zygote
    node.output(uid, "py 1 1")  # and his own
    kill = ["keeper", "network", "spawner"] + (["supervisor"] if way != "python" else [])
    wanted, results = attack(node, uid, way, {"audit": str(node.audit)}, kill)
    for name in [*wanted["pids"], "supervisor"]:
        for look in LOOKS:
            assert results[f"{look} {name}"] in ("EPERM", "EACCES"), (look, name, results)
    for look in LOOKS:
        assert look in CLOSED_TO_ALL or not results[f"{look} control"].startswith("E"), (look, results)
    for probe in PROBES:
        assert results[f"{probe} audit"] in ("EPERM", "EACCES"), results
    for name in kill:
        assert results[f"kill {name}"] == results[f"stop {name}"] == "EPERM", results
    assert all(lives(pid) for name, pid in wanted["pids"].items() if not name.startswith("zygote"))
    assert node.output(uid, "@1 echo well") == "well\n"


@pytest.mark.parametrize("way", ["shell", "session", "python"])
def test_a_hidden_folder_is_closed_to_jobs_whatever_its_mode(node, way):
    if not has_landlock():
        pytest.skip("this kernel has no Landlock")
    files = {"token": f"{node.folder}/secrets/token", "below": f"{node.folder}/secrets/sub/token",
             "around": f"{node.folder}/run/../secrets/token", "beside": f"{node.folder}/secrets.pub"}
    _, results = attack(node, GAMES, way, files, [])
    for name in ["token", "below", "around"]:
        for probe in ["read", "list", "via root"]:
            assert results[f"{probe} {name}"] == "EACCES", (probe, name, results)
    assert results["read beside"] == repr(b"not a secret")
    # By the ordinary permissions everybody may.
    assert node.output(NEWS, f"@1 cat {node.folder}/secrets/token") == "the secret of the test\n"


def test_a_link_to_what_is_hidden_opens_nothing(node):
    if not has_landlock():
        pytest.skip("this kernel has no Landlock")
    (node.folder / "link").symlink_to(node.folder / "secrets" / "token")
    os.link(node.folder / "id", node.folder / "id2")
    result = node.run(GAMES, f"@1 cat {node.folder}/link; ls {node.folder}/secrets; {node.folder}/id2 -u")
    assert "the secret" not in result.stdout
    assert result.stderr.count("Permission denied") == 2
    (node.folder / "id2").unlink()


@pytest.mark.parametrize("line", ["@1 {id} -u", "@1 --session setuid {id} -u",
                                  "py 1 import subprocess; print(subprocess.check_output(['{id}', '-u'], text=True), end='')"])
def test_a_setuid_program_gives_no_rights_without_sudo(node, line):
    if os.statvfs(node.folder).f_flag & os.ST_NOSUID:
        pytest.skip("no setuid programs in the folder of the test")
    line = line.format(id=node.folder / "id")
    assert node.output(GAMES, line) == "5\n"
    assert node.output(WWW_DATA, line) == "5\n"
    assert node.output(NEWS, line) == "0\n"


def test_sudo_is_for_who_may(node):
    if shutil.which("sudo") is None:
        pytest.skip("sudo is not installed")
    assert node.output(NEWS, "@1 sudo -n id -u", "py 1 import os; os.system('sudo -n id -u')") == "0\n0\n0\n"
    result = node.run(GAMES, "@1 sudo -n id -u")
    assert result.returncode == 1
    assert "no new privileges" in result.stdout + result.stderr
    assert "sudo is not granted to user games: that takes sudo = yes in [user games]" in result.stdout + result.stderr


def test_a_job_cannot_take_its_confinement_off(node):
    program = ("import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); "
               "got = [libc.prctl(38, 0, 0, 0, 0), libc.prctl(39, 0, 0, 0, 0), libc.setuid(0), libc.setgid(0), "
               "libc.unshare(0x20000), libc.chroot(b'/')]; print(got, os.getresuid())")
    for line in [f"@1 /usr/bin/python3 -c \"{program}\"", f"py 1 {program}"]:
        assert node.output(GAMES, line) == "[-1, 1, -1, -1, -1, -1] (5, 5, 5)\n"


def test_no_job_connects_to_the_daemons_inner_sockets(node):
    # They have no name, and no number of a job's leads to them.
    sockets = node.output(GAMES, "@1 ls -l /proc/self/fd", "py 1 import os; os.system('ls -l /proc/self/fd') and None")
    assert "socket:" not in sockets
    listening = pathlib.Path("/proc/net/unix").read_text().splitlines()
    assert [line for line in listening if line.endswith(str(node.socket))]
    assert not [line for line in listening if " @" in line and "muster" in line]


def test_a_job_of_root_is_refused_to_its_own_supervisor(node):
    # Whoever is let in, the spawner itself says no to root.
    result = node.run(ROOT, "@1 id -u")
    assert (result.returncode, result.stdout.count("\n0\n")) == (1, 0)


def test_who_stops_his_own_supervisor_is_stopped_all_the_same(node):
    result = node.run(GAMES, "py 1 --timeout 1s --grace 1s import os, signal, time; "
                      "os.kill(os.getppid(), signal.SIGSTOP); time.sleep(4712)")
    assert "timed_out" in result.stdout + result.stderr
    assert not lives("4712")
    assert node.output(GAMES, "py 1 6*7") == "42\n"


def test_who_stops_his_own_zygote_waits_for_nobody(node):
    node.output(GAMES, "py 1 1")
    zygote = node.output(GAMES, "py 1 open(f'/proc/{__import__(\"os\").getppid()}/stat').read().split()[3]")
    node.output(GAMES, f"@1 kill -STOP {zygote.strip().strip(chr(39))}")
    assert node.output(GAMES, "py 1 6*7") == "42\n"


def test_the_daemons_own_user_runs_no_commands():
    with serving("[user nobody]\nrole = exec\n[user games]\nrole = exec\nrun_as = nobody\n") as node:
        for uid in [65534, GAMES]:
            result = node.run(uid, "@1 id")
            assert result.returncode == 1
            assert "useradd --system muster" in result.stdout + result.stderr
