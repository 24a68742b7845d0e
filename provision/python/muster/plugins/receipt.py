"""What is kept of the plugins of a cluster: which ran where, with which class and arguments. Plain data."""

import copy


class Receipt:
    """A receipt, which is changed as plugins run. `data`: of an earlier one; another's stays as it is."""

    def __init__(self, data=None):
        data = copy.deepcopy(data or {})
        self.plugins = data.get("plugins") or []  # sections as of the last whole setup: name, setup_class, settings, origin
        self.is_whole = bool(data.get("whole"))  # every plugin ran once
        self._done = data.get("done") or {}

    def data(self):
        """All of it."""
        return {"format": 1, "whole": self.is_whole, "plugins": self.plugins, "done": self._done}

    def keep(self, sections, is_whole):
        """The plugins as they are configured now are those of the cluster."""
        self.plugins = [section._asdict() for section in sections]
        self.is_whole = is_whole

    def has_run(self, plugin):
        """Whether its run() went well once."""
        return bool(self._done.get(plugin, {}).get("ran"))

    def knows(self, plugin):
        """Whether it was tried at all."""
        return plugin in self._done

    def missing(self, plugin, nodes):
        """Those of the nodes where it did not run yet, or failed."""
        known = self._done.get(plugin, {}).get("nodes", {})
        return [node for node in nodes
                if known.get(node.alias, {}).get("id") != node.id or not known[node.alias].get("ok")]

    def failures(self, plugin):
        """What is written down of nodes where it failed: text by name."""
        return {name: told.get("text", "") for name, told in self._done.get(plugin, {}).get("nodes", {}).items()
                if not told.get("ok")}

    def note(self, section, hook, nodes, ok, text="", ran=None):
        """It ran on those nodes, and how that ended. `ran`: whether run() has done its work now; None: as before."""
        entry = self._done.setdefault(section.name, {"ran": False, "nodes": {}})
        entry["setup_class"], entry["settings"] = section.setup_class, dict(section.settings)
        if ran is not None:
            entry["ran"] = ran
        for node in nodes:
            entry["nodes"][node.alias] = {"id": node.id, "ok": ok, "hook": hook, "text": text}

    def forget_node(self, plugin, name):
        """The node has left."""
        self._done.get(plugin, {}).get("nodes", {}).pop(name, None)

    def prune(self, nodes):
        """Forgets nodes that are no longer there."""
        names = {node.alias for node in nodes}
        for entry in self._done.values():
            entry["nodes"] = {name: told for name, told in entry.get("nodes", {}).items() if name in names}


def drift(before, now):
    """What differs between the plugins that a cluster was set up with and those of the configuration: lines for people."""
    lines = []
    old = {told["name"]: told for told in before}
    new = {section.name: section for section in now}
    for name in old.keys() - new.keys():
        lines.append(f"plugin {name} is no longer configured")
    for name in new.keys() - old.keys():
        lines.append(f"plugin {name} was added")
    for name in [name for name in new if name in old]:
        if old[name].get("setup_class", "") != new[name].setup_class:
            lines.append(f"setup_class of plugin {name} was {old[name].get('setup_class', '')}, and is {new[name].setup_class}")
        then, after = old[name].get("settings") or {}, new[name].settings
        for key in sorted(then.keys() | after.keys()):
            if then.get(key) != after.get(key):
                lines.append(f"{key} of plugin {name} was {_told(then.get(key))}, and is {_told(after.get(key))}")
    common_before = [name for name in old if name in new]
    common_now = [name for name in new if name in old]
    if common_before != common_now:
        lines.append(f"the order of plugins was {', '.join(common_before)}, and is {', '.join(common_now)}")
    return sorted(lines)


def _told(value):
    return "not set" if value is None else repr(value)
