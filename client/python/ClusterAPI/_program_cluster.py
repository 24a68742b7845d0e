"""What a command of dustcluster's kind, f(cmdline, cluster, logger), gets as its cluster."""

import fnmatch
import json
import logging
import os
import pathlib
import subprocess
import sys

import ClusterAPI


def logger(debug):
    """Messages on standard error, as they are."""
    log = logging.getLogger("clustershell")
    log.setLevel(logging.DEBUG if debug else logging.INFO)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.propagate = False
    return log


class ProgramNode:
    """A node, with the attributes that such commands read."""

    def __init__(self, index, name, address, cluster, check=None):
        self.index, self.name, self.id = index, name, name
        self.address, self.cluster = address, cluster
        self.state = check["state"] if check else "unknown"
        self.check = check or {}
        kind, _, rest = address.partition(":")
        self.hostname = rest.split("/")[0].rpartition("@")[2] if kind == "ssh" else "localhost"

    def get(self, attribute, default=None):
        return getattr(self, attribute, self.check.get(attribute, default))

    def __repr__(self):
        return self.name

    def __str__(self):
        return self.name


class State:
    """What commands keep from one call to the next: values that JSON can hold, of the user's own."""

    def __init__(self):
        base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
        self._path = pathlib.Path(base, "muster", "program-state.json")

    def get(self, key, default=None):
        return self._read().get(key, default)

    def put(self, key, value):
        values = self._read()
        values[key] = value
        text = json.dumps(values)
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        new.write_text(text, encoding="utf-8")
        os.replace(new, self._path)

    def _read(self):
        try:
            return json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}


class Lines:
    """Commands and files for single nodes; `keyfile` is what ssh is configured with."""

    def __init__(self, engine):
        self._engine = engine

    def command(self, keyfile, node, command):
        """Runs a line on the node and prints what it says, its name in front. Returns the outcome."""
        del keyfile
        return self._engine.run(command, [node])[0]

    def put(self, keyfile, node, source, destination="."):
        del keyfile
        self._engine.connection.put(source, destination or ".", targets=[_name(node)])

    def get(self, keyfile, node, source, destination="."):
        del keyfile
        self._engine.connection.get(source, destination or ".", targets=[_name(node)])

    def shell(self, keyfile, node):
        del keyfile
        raise NotImplementedError(f"a program has no terminal to give away; type @{_name(node)} at the prompt")


def _name(node):
    return getattr(node, "name", node)


class ProgramCluster:
    """The engine behind `cluster`. What it lacks of its own it takes from ClusterAPI.connect():
    cluster.shell(...), cluster.map(...), …"""

    def __init__(self):
        self.connection = ClusterAPI.connect()
        self.command_state = State()
        self.lineterm = Lines(self)
        self.cur_cluster = os.environ.get("MUSTER_CLUSTER", "default")

    def clusters(self):
        """The names of all clusters of the configuration."""
        return [name for name in os.environ.get("MUSTER_CLUSTERS", "").split(",") if name] or [self.cur_cluster]

    def connect(self, name):
        """Another cluster of the configuration, as ClusterAPI.connect() gives it."""
        if name == self.cur_cluster:
            return ClusterAPI.connect()
        return ClusterAPI.connect(name, os.environ.get("MUSTER_CLUSTERS_FILE", ""))

    def nodes_of(self, name, timeout=2.0):
        """The nodes of a cluster, each with its state."""
        connection = self.connect(name)
        checks = {check["name"]: check for check in connection.check(timeout)}
        return [ProgramNode(index, node.name, node.address, name, checks.get(node.name))
                for index, node in enumerate(connection.nodes(), 1)]

    def any_nodes_from_target(self, target=""):
        """The nodes that a target means, running or not."""
        wanted = {node.name for node in self.connection.on(target or "*").nodes()}
        return [node for node in self.nodes_of(self.cur_cluster) if node.name in wanted]

    def running_nodes_from_target(self, target=""):
        return [node for node in self.any_nodes_from_target(target) if node.state == "running"]

    def resolve_target_nodes(self, op="operation", search=False, target_node_name=None):
        """The nodes of a target; with `search` a text that is no target is looked for in what they say."""
        del op
        try:
            return self.any_nodes_from_target(target_node_name or "")
        except (RuntimeError, ValueError):
            if not search:
                raise
        words = [word.strip().lower() for word in str(target_node_name).split(",")]
        return [node for node in self.nodes_of(self.cur_cluster)
                if any(word in str(value).lower() for word in words for value in _facts(node))]

    def show(self, nodes=None, extended=False):
        """Prints a table of the nodes."""
        nodes = self.any_nodes_from_target() if nodes is None else list(nodes)
        rows = [("@", "name", "cluster", "state", "address")]
        rows += [(str(node.index), node.name, node.cluster, node.state, node.address) for node in nodes]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4]]))
        for node in nodes if extended else ():
            print(f"{node.name}: " + ", ".join(f"{key}={value}" for key, value in node.check.items() if key != "name"))

    def run(self, command, nodes=None):
        """Runs a line on nodes of one cluster (all running ones of this one) at once, and prints what they say as it comes, "[NAME] " in
        front. Returns the outcomes, in the order of the nodes."""
        chosen = self.running_nodes_from_target() if nodes is None else nodes
        if not chosen:
            return []
        name = getattr(chosen[0], "cluster", self.cur_cluster)
        connection = self.connection if name == self.cur_cluster else self.connect(name)
        followed = connection.on([_name(node) for node in chosen])._follow(command, None, {})
        outcomes, rests = {}, {}
        try:
            for token, output, outcome in followed:
                for is_stdout, data in output:
                    rests[token, is_stdout] = _print_lines(
                        followed.nodes[token], is_stdout, rests.get((token, is_stdout), b"") + data)
                if outcome is not None:
                    outcomes[token] = outcome
                    for (other, is_stdout), rest in rests.items():
                        if other == token and rest:
                            _print_lines(followed.nodes[token], is_stdout, rest + b"\n")
                    if not outcome.ok:
                        print(f"[{outcome.node}] {outcome.describe()}", file=sys.stderr)
        finally:
            followed.leave()
        return [outcomes[token] for token in followed.nodes]

    def handle_command(self, command, arguments=""):
        """Runs a line of clustershell. Returns its exit code."""
        sys.stdout.flush()
        program = os.environ.get("MUSTER_SHELL", "clustershell")
        return subprocess.run([program, "-c", f"{command} {arguments}".strip()], stdin=subprocess.DEVNULL,
                              check=False).returncode

    def get_commands(self, pattern="*"):
        """{name: what it does} of all commands and programs."""
        program = os.environ.get("MUSTER_SHELL", "clustershell")
        text = subprocess.run([program, "-c", "help"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=True).stdout
        lines = [line.split(None, 1) for line in text.splitlines() if line and not line[0].isspace()]
        return {line[0]: line[-1] for line in lines if fnmatch.fnmatch(line[0], pattern)}

    def invalidate_cache(self):
        """Nothing: what is asked for is asked for anew each time."""

    def __getattr__(self, name):
        if name in ("cloud", "config"):
            raise AttributeError(f"cluster.{name} is of EC2, which is not offered; cluster.clusters(), cluster.nodes_of(NAME) "
                                 "and cluster.show() tell what is configured")
        return getattr(self.connection, name)


def _print_lines(name, is_stdout, data):
    """Prints the whole lines of it; returns the rest."""
    *lines, rest = data.split(b"\n")
    stream = sys.stdout if is_stdout else sys.stderr
    stream.flush()
    stream.buffer.write(b"".join(b"[%s] %s\n" % (name.encode(), line) for line in lines))
    stream.flush()
    return rest


def _facts(node):
    return [node.name, node.address, node.cluster, node.state, *(node.check.values())]
