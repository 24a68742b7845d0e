"""One machine of a cluster, as plugins see it."""

import re
import time

from . import exception
from ._node_machine import NodeMachine
from ._node_packages import NodePackages
from ._node_users import NodeUsers
from .awsutils import EC2, Group, Instance, Region
from .ssh import Ssh

_IP = re.compile(r"\d+\.\d+\.\d+\.\d+|[0-9a-fA-F]*:[0-9a-fA-F:.]+")


def _host_of(address):
    """The host in an address of ours; "": it is this machine."""
    if address.startswith("unix:"):
        return ""
    if address.startswith("ssh:"):
        address = re.split(r"[/?]", address[4:], maxsplit=1)[0].rsplit("@", 1)[-1]
    return re.sub(r":\d+$", "", address) if address.count(":") <= 1 else address


class Node(NodeUsers, NodePackages, NodeMachine):
    """A node. What only the machine knows is asked once, and kept until update().

    alias: its name; ssh: commands and files there (muster.plugins.ssh.Ssh); address: where its clusterd is
    kind, image_id, instance_type, state, tags, facts: as the cluster has them
    """

    def __init__(self, told, connections, is_master=False, cluster=""):
        """`told`: a node of an order, plain data."""
        self.alias = told["name"]
        self.address = told.get("address", "")
        self.kind = told.get("kind", "")
        self.state = told.get("state") or "running"
        self.image_id = told.get("image_id", "")
        self.instance_type = told.get("flavor", "")
        self.tags = dict(told.get("tags") or {})
        self.facts = dict(told.get("facts") or {})
        self.ips = list(told.get("ips") or [])
        self.id = told.get("instance_id") or self.alias
        self.ssh = Ssh(connections, self.alias)
        self.parent_cluster = cluster
        self.key_location = None  # there is no key: clusterd knows its callers
        self.user = None
        self._connections = connections
        self._is_master = is_master
        self._asked = {}

    name = property(lambda self: self.alias)
    instance_id = property(lambda self: self.id)
    flavor = property(lambda self: self.instance_type)

    def is_master(self):
        """Whether it is the cluster's first."""
        return self._is_master

    # ---- What the machine says of itself ----

    def _ask(self, what, line):
        """The output of a line of the node's shell, asked once."""
        if what not in self._asked:
            self._asked[what] = self.ssh.output(line).strip()
        return self._asked[what]

    @property
    def num_processors(self):
        """Processors, as /proc/cpuinfo counts them."""
        return int(self._ask("processors", "grep -c '^processor' /proc/cpuinfo || nproc").split()[0])

    @property
    def memory(self):
        """MiB of memory, as `free -m` says."""
        return int(self._ask("memory", "awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo"))

    @property
    def arch(self):
        """x86_64, say."""
        return self._ask("arch", "uname -m")

    @property
    def kernel(self):
        """The version of the kernel."""
        return self._ask("kernel", "uname -r")

    @property
    def launch_time(self):
        """When the machine was started, as 2026-01-31T12:00:00.000Z."""
        return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self._began()))

    def _began(self):
        return int(self._ask("began", "awk '/^btime/ {print $2}' /proc/stat"))

    @property
    def local_launch_time(self):
        """The same in the time of here."""
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self._began()))

    @property
    def uptime(self):
        """How long ago that was, as hours:minutes:seconds."""
        seconds = int(float(self.ssh.output("cat /proc/uptime").split()[0]))
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"

    # ---- Addresses ----

    @property
    def ip_address(self):
        """An IP address that it is reached at; 127.0.0.1: it is on this machine."""
        for text in (*map(_host_of, self.ips), _host_of(self.address)):
            if _IP.fullmatch(text):
                return text
        return "127.0.0.1" if _host_of(self.address) == "" else self.private_ip_address

    @property
    def private_ip_address(self):
        """The first address of its own that is not a loopback; 127.0.0.1: it has none."""
        words = self._ask("addresses", "hostname -I 2>/dev/null || true").split()
        return words[0] if words else "127.0.0.1"

    @property
    def dns_name(self):
        """The host of its address; of a node on this machine the machine's own name."""
        return _host_of(self.address) or self.private_dns_name

    public_dns_name = property(lambda self: self.dns_name)

    @property
    def private_dns_name(self):
        """Its full name, as it says itself."""
        return self._ask("fqdn", "hostname -f 2>/dev/null || hostname 2>/dev/null || uname -n")

    @property
    def private_dns_name_short(self):
        return self.private_dns_name.split(".")[0]

    @property
    def network_names(self):
        """All of these, as a dict."""
        return {"INTERNAL_IP": self.private_ip_address, "INTERNAL_NAME": self.private_dns_name,
                "INTERNAL_NAME_SHORT": self.private_dns_name_short, "INTERNAL_ALIAS": self.alias}

    def get_hosts_entry(self):
        """A line of /etc/hosts."""
        return f"{self.private_ip_address} {self.private_dns_name} {self.private_dns_name_short} {self.alias}"

    # ---- Tags ----

    def add_tag(self, key, value=None):
        """Tags it, for the plugins that run now; `tag` of clustershell keeps one."""
        self.tags[str(key)] = "" if value is None else str(value)

    def remove_tag(self, key):
        """Takes a tag away, as add_tag()."""
        self.tags.pop(str(key), None)

    # ---- What other clouds have ----

    region = Region()
    placement = key_name = ramdisk = root_device_name = vpc_id = subnet_id = spot_id = None
    root_device_type = "none"
    block_device_mapping = attached_vols = {}
    ami_launch_index = 0
    user_data = ""

    def is_spot(self):
        return False

    is_cluster_compute = is_gpu_compute = is_cluster_type = is_ebs_backed = is_instance_store = is_spot

    ec2 = EC2
    instance = property(lambda self: Instance(self.id))

    @property
    def cluster_groups(self):
        """The cluster, as the one group that StarCluster made of it."""
        return [Group(self.parent_cluster)]

    groups = cluster_groups

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"a node has no {name}; docs/plugins-reference.md lists what it has")

    def __eq__(self, other):
        return isinstance(other, Node) and (self.alias, self.id) == (other.alias, other.id)

    def __hash__(self):
        return hash((self.alias, self.id))

    def __repr__(self):
        return f"<Node: {self.alias} ({self.id})>"

    def __str__(self):
        return self.alias


def master_of(nodes):
    """The one that is_master(). MasterDoesNotExist: none is."""
    for node in nodes:
        if node.is_master():
            return node
    raise exception.MasterDoesNotExist("the cluster")
