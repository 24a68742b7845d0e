"""Nodes as a configuration that the ClusterAPI reads."""

import contextlib
import os
import re
import tempfile

MUSTERS = re.compile(r"unix:/.+|ssh:.+|\S+:\d+")


def address_of(addresses):
    """The first one where a clusterd is, or None: a bare host has none."""
    return next((address for address in addresses if MUSTERS.fullmatch(address)), None)


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
