"""Nodes as a configuration that the ClusterAPI reads."""

import contextlib
import os
import re
import tempfile

MUSTERS = re.compile(r"unix:/.+|ssh:.+|\S+:\d+")


def has_daemon(address):
    """Whether it says where a clusterd is; a bare host does not."""
    return MUSTERS.fullmatch(address) is not None


def address_of(addresses, user):
    """Where the ClusterAPI reaches the node; None: it has no address."""
    if not addresses:
        return None
    return addresses[0] if has_daemon(addresses[0]) else f"ssh:{user + '@' if user else ''}{addresses[0]}"


def host_of(address):
    """The host of an address, for programs that know hosts only."""
    if address.startswith("unix:"):
        return address
    if address.startswith("ssh:"):
        address = address[4:].split("/", 1)[0].rsplit("@", 1)[-1]
    return re.sub(r":\d+$", "", address)


@contextlib.contextmanager
def configuration(name, nodes):
    """The path of a file with a cluster of `nodes`: (name, address, kind). It is gone after the block."""
    lines = [f"[cluster {name}]", "nodes = " + ",\n  ".join(f"{node}={address}" for node, address, _ in nodes)]
    for node, _, kind in nodes:
        lines += [f"[node {node}]", f"tags = kind:{kind}"]
    descriptor, path = tempfile.mkstemp(prefix="muster-", suffix=".conf")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        yield path
    finally:
        os.unlink(path)
