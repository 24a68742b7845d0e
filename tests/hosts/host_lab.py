"""Hosts of this test's own: each has its mount, process, network and uts namespace, a root that is an overlay of
this machine's without anything of Muster and its libraries, a real sshd, and a plain user. Nothing of this machine
changes, its network neither; all goes when the processes end that are started here."""

import glob
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time

SLACK = float(os.environ.get("MUSTER_TEST_SLACK", "3"))
USER, UID = "ann", 4242
MEMORY = "/dev/shm"

# What a host lacks: the libraries of gRPC, protobuf, Abseil, and all others that Muster brings.
LIBRARIES = ["libgrpc*", "libgpr*", "libupb*", "libaddress_sorting*", "libprotobuf*", "libabsl*", "libre2*", "libcares*",
             "libspdlog*", "libfmt*", "libinih*", "libcbor*", "libClusterAPI*"]
PYTHON = ["libpython3*"]

SYSTEM = {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "var"}
CHANGING = ["/etc/ssh", "/var/log", "/var/tmp", "/var/cache", "/var/lib/apt", "/usr/src"]

INIT = """
set -e
hostname "$1"
mount -t overlay overlay -o "lowerdir=/,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mount -t proc proc proc
mount -t tmpfs -o mode=755 dev dev
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for each in null:3 zero:5 full:7 random:8 urandom:9 tty:5:0; do
    name=${each%%:*} rest=${each#*:}
    case $rest in *:*) numbers="${rest%:*} ${rest#*:}" ;; *) numbers="1 $rest" ;; esac
    mknod -m 666 dev/$name c $numbers
done
mkdir -p put_old
pivot_root . put_old
umount -l put_old
rmdir put_old
# Children that nobody waits for are none: the kernel reaps them.
exec env --ignore-signal=CHLD sleep infinity
"""

SSHD_CONFIG = """
ListenAddress 0.0.0.0
HostKey /etc/ssh/host_key
PidFile none
AuthorizedKeysFile /etc/ssh/authorized_keys
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
"""


def why_impossible():
    """Empty: this machine has what it takes."""
    if os.geteuid() != 0:
        return "namespaces and overlays take root"
    for program in ("ip", "unshare", "nsenter", "pivot_root", "ssh", "ssh-keygen", "/usr/sbin/sshd"):
        if shutil.which(program) is None:
            return f"there is no {program} here"
    if not re.search(f" {MEMORY} tmpfs ", pathlib.Path("/proc/mounts").read_text(encoding="utf-8")):
        return f"{MEMORY} is no tmpfs"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--net", "--uts", "--fork", "true"], check=False,
                           capture_output=True, text=True)
    return "" if tried.returncode == 0 else f"no namespaces here: {tried.stderr.strip()}"


def eventually(condition, seconds=10):
    deadline = time.monotonic() + seconds * SLACK
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return result


def end(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def hide(upper, path):
    """Of the lower layer nothing is seen at this path; a folder stays as an empty one."""
    target = upper / str(path).lstrip("/")
    chain = pathlib.Path("/")
    for part in pathlib.Path(path).parent.parts[1:]:
        chain /= part
        there = upper / str(chain).lstrip("/")
        if not there.exists():
            there.mkdir()
            shutil.copystat(chain, there)
            info = os.stat(chain)
            os.chown(there, info.st_uid, info.st_gid)
    if path.is_dir() and not path.is_symlink():
        target.mkdir(exist_ok=True)
        target.chmod(stat.S_IMODE(path.stat().st_mode))
        os.setxattr(target, "trusted.overlay.opaque", b"y")
    elif not target.exists():
        os.mknod(target, stat.S_IFCHR, 0)


class Host:
    """One host; `python`: whether it has libpython."""

    def __init__(self, lab, name, python=True):
        self.lab, self.name = lab, name
        self.sshd = self.address = None
        self.folder = lab.folder / name
        for part in ("upper", "work", "root"):
            (self.folder / part).mkdir(parents=True)
        (self.folder / "upper").chmod(0o755)
        self._furnish(self.folder / "upper", python)
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--uts", "--pid", "--net", "--fork",
             "--kill-child=SIGKILL", "sh", "-c", INIT, "sh", name, str(self.folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.folder / "init.log", "wb"))
        self.pid = eventually(self._init_pid)
        assert self.pid, (self.folder / "init.log").read_text()
        self.run("ip", "link", "set", "lo", "up")

    def _furnish(self, upper, python):
        for pattern in LIBRARIES + ([] if python else PYTHON):
            for folder in ("/usr/lib", "/usr/lib/*-linux-gnu", "/usr/local/lib"):
                for path in glob.glob(f"{folder}/{pattern}"):
                    hide(upper, pathlib.Path(path))
        # The system is there, and nothing that changes while tests run.
        for path in pathlib.Path("/").iterdir():
            if path.is_dir() and not path.is_symlink() and path.name not in SYSTEM:
                hide(upper, path)
        for path in CHANGING:
            if pathlib.Path(path).is_dir():
                hide(upper, pathlib.Path(path))
        for program in ("clusterd", "clustershell"):
            for folder in ("/usr/bin", "/usr/local/bin"):
                if (path := pathlib.Path(folder, program)).exists():
                    hide(upper, path)
        (upper / "run/sshd").mkdir(parents=True)
        ssh = upper / "etc/ssh"
        (ssh / "sshd_config").write_text(SSHD_CONFIG)
        shutil.copy(self.lab.folder / "host_key", ssh / "host_key")
        (ssh / "host_key").chmod(0o600)
        shutil.copy(self.lab.folder / "user_key.pub", ssh / "authorized_keys")
        for name, line in (("passwd", f"{USER}:x:{UID}:{UID}::/home/{USER}:/bin/sh\n"),
                           ("group", f"{USER}:x:{UID}:\n"), ("shadow", f"{USER}:*:19000:0:99999:7:::\n")):
            here = pathlib.Path("/etc", name).read_text(encoding="utf-8")
            (upper / "etc" / name).write_text(here + line, encoding="utf-8")
        (upper / "home" / USER).mkdir()
        os.chown(upper / "home" / USER, UID, UID)

    def _init_pid(self):
        """The process that is number 1 there, once it is all set up."""
        below = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,comm="], capture_output=True, text=True, check=True).stdout
        children = {}
        for line in below.splitlines():
            pid, parent, name = line.split(None, 2)
            children.setdefault(int(parent), []).append((int(pid), name))
        waiting = [self.process.pid]
        while waiting:
            for pid, name in children.get(waiting.pop(), []):
                if name == "sleep":
                    return pid
                waiting.append(pid)
        return None

    def command(self, *argv):
        return ["nsenter", "-t", str(self.pid), "-m", "-u", "-p", "-n", "-r", "-w", *argv]

    def run(self, *argv):
        done = subprocess.run(self.command(*argv), capture_output=True, text=True, errors="surrogateescape", check=False,
                              stdin=subprocess.DEVNULL, cwd="/")
        assert done.returncode == 0, done
        return done.stdout

    def freeze_sshd(self, is_frozen):
        """Connections are made, and nobody answers."""
        self.run("pkill", "-STOP" if is_frozen else "-CONT", "-x", "sshd")

    def set_address(self, device, address):
        self.address = address
        self.run("ip", "addr", "add", f"{address}/24", "dev", device)
        self.run("ip", "link", "set", device, "up")

    def start_sshd(self):
        self.sshd = subprocess.Popen(self.command("/usr/sbin/sshd", "-D", "-e"), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=open(self.folder / "sshd.log", "ab"))
        assert eventually(lambda: ":0016 " in self.run("cat", "/proc/net/tcp")), (self.folder / "sshd.log").read_text()

    def stop_sshd(self):
        """Connections are refused from now on."""
        for pid in self.run("ps", "-e", "-o", "pid=,comm=").splitlines():
            if pid.split()[1] == "sshd":
                subprocess.run(self.command("kill", "-KILL", pid.split()[0]), check=False, capture_output=True)
        self.sshd.wait()

    def files(self):
        """Without what belongs to packages, which somebody may install below meanwhile."""
        packages = ("/usr", "/var/lib/dpkg", "/var/lib/apt", "/var/cache", "/var/log", "/etc/ld.so.cache")
        prune = " -o ".join(f"-path {folder}" for folder in packages).split()
        return set(self.run("find", "/", "-xdev", "(", *prune, ")", "-prune", "-o", "-print").splitlines())

    def own_files(self):
        """What is another than on the machine below."""
        upper = self.folder / "upper"
        return {os.path.join(folder, name) for folder, folders, files in os.walk(upper) for name in folders + files}

    def processes(self):
        """Without what looks."""
        lines = self.run("ps", "-e", "-o", "user=,args=").splitlines()
        return sorted(line for line in lines if "ps -e" not in line)

    def end(self):
        end(self.process)
        if self.sshd is not None:
            end(self.sshd)


class HostLab:
    """`names`: of the hosts, 10.77.0.1, 10.77.0.2, …"""

    def __init__(self, names, without_python=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-lab-", dir=MEMORY))
        self.folder.chmod(0o755)
        self.hosts = {}
        self.extra = {}  # of the environment
        # The machine that the hosts are seen from: this one, on a network of its own.
        self.network = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL)
        try:
            assert eventually(lambda: os.readlink(f"/proc/{self.network.pid}/ns/net") != os.readlink("/proc/self/ns/net"))
            for key in ("host_key", "user_key", "foreign_key"):
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / key)], check=True)
            self.ip("link", "set", "lo", "up")
            self.ip("link", "add", "lab", "type", "bridge")
            self.ip("addr", "add", "10.77.0.254/24", "dev", "lab")
            self.ip("link", "set", "lab", "up")
            for number, name in enumerate(names, 1):
                host = self.hosts[name] = Host(self, name, name not in without_python)
                self.ip("link", "add", f"h{number}", "type", "veth", "peer", "name", "eth0", "netns", str(host.pid))
                self.ip("link", "set", f"h{number}", "master", "lab", "up")
                host.set_address("eth0", f"10.77.0.{number}")
                host.start_sshd()
            self.configure()
        except BaseException:
            self.close()
            raise

    def add_behind(self, gate, name):
        """A host that is seen from the host `gate` only."""
        gate = self.hosts[gate]
        host = self.hosts[name] = Host(self, name)
        self.ip("link", "add", "back", "type", "veth", "peer", "name", "eth0", "netns", str(host.pid))
        self.ip("link", "set", "back", "netns", str(gate.pid))
        host.set_address("eth0", "10.78.0.2")
        address = gate.address
        gate.set_address("back", "10.78.0.1")
        gate.address = address
        host.start_sshd()
        self.configure()
        return host

    def ip(self, *words):
        subprocess.run(["nsenter", "-t", str(self.network.pid), "-n", "ip", *words], check=True)

    def configure(self, key="user_key"):
        """The configuration of ssh: the hosts by their names."""
        lines = []
        for host in self.hosts.values():
            lines += [f"Host {host.name}", f"  HostName {host.address}"]
        lines += ["Host *", f"  User {USER}", f"  IdentityFile {self.folder}/{key}", "  IdentitiesOnly yes",
                  "  IdentityAgent none", "  StrictHostKeyChecking yes", f"  UserKnownHostsFile {self.folder}/known_hosts",
                  "  GlobalKnownHostsFile /dev/null", ""]
        self.ssh_config = self.folder / "ssh_config"
        self.ssh_config.write_text("\n".join(lines))
        key = (self.folder / "host_key.pub").read_text()
        (self.folder / "known_hosts").write_text(
            "".join(f"{host.address} {key}" for host in self.hosts.values()))

    def environment(self):
        state = self.folder / "state"
        state.mkdir(exist_ok=True)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MUSTER_SSH", "XDG_"))}
        return kept | self.extra | {"XDG_STATE_HOME": str(state), "HOME": str(home)}

    def start(self, *argv, **options):
        """A program on the machine that the hosts are seen from."""
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(["nsenter", "-t", str(self.network.pid), "-n", *map(str, argv)], text=True,
                                env=self.environment(), cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                **options)

    def run(self, *argv, timeout=120):
        process = self.start(*argv)
        try:
            out, _ = process.communicate(timeout=timeout * SLACK)
        except subprocess.TimeoutExpired:
            end(process)
            raise
        return subprocess.CompletedProcess(argv, process.returncode, out)

    def close(self):
        for host in self.hosts.values():
            host.end()
        end(self.network)
        shutil.rmtree(self.folder)
