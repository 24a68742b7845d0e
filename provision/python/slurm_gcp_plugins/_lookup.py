"""What hooks are handed: `lkp`, and nodes."""


class Attributes(dict):
    """A dict whose items are attributes, too; one that is missing is None."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name, value):
        self[name] = value


def with_attributes(value):
    """The same data, with Attributes for each dict."""
    if isinstance(value, dict):
        return Attributes((key, with_attributes(item)) for key, item in value.items())
    if isinstance(value, list):
        return [with_attributes(item) for item in value]
    return value


class Node(str):
    """The name of a node, that knows more: node["kind"], node.kind, node.get("kind")."""

    record: dict

    def __new__(cls, record):
        self = super().__new__(cls, record["name"])
        self.record = record
        return self

    def __getitem__(self, key):
        return self.record[key] if isinstance(key, str) else super().__getitem__(key)

    def __getattr__(self, name):
        try:
            return self.__dict__["record"][name]
        except KeyError:
            raise AttributeError(f"a node has no {name!r}") from None

    def __reduce__(self):
        return (Node, (self.record,))

    def get(self, key, default=None):
        return self.record.get(key, default)


class Lookup:
    """`lkp`: the configuration, and the nodes that a call is about.

    cfg: what config.yaml says, slurm_cluster_name, project, and the settings of each hook in
    enable_slurm_gcp_plugins; request: the settings of this run alone (--hook-setting).
    """

    def __init__(self, document, nodes):
        self.cfg = with_attributes(document.get("cfg", {}))
        self.request = dict(document.get("request", {}))
        self._nodes = {str(node): node for node in nodes}

    @property
    def project(self):
        return self.cfg.project

    @property
    def slurm_cluster_name(self):
        return self.cfg.slurm_cluster_name

    cluster = slurm_cluster_name

    def settings(self, plugin):
        """Of a hook, as the configuration has them."""
        return (self.cfg.enable_slurm_gcp_plugins or {}).get(plugin) or {}

    def instances(self):
        """What is known of each node of this call, by its name."""
        return {name: dict(node.record) for name, node in self._nodes.items()}

    def instance(self, name):
        """The same of one; None: the call is not about it."""
        node = self._nodes.get(str(name))
        return None if node is None else dict(node.record)
