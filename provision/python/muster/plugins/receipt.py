"""What is kept of the plugins of a cluster: which ran where, with which class and arguments. Plain data."""

import copy


class Receipt:
    """A receipt, which is changed as plugins run. `data`: of an earlier one; another's stays as it is."""

    def __init__(self, data=None):
        data = copy.deepcopy(data or {})
        # Sections as of the last setup: name, setup_class, settings, origin.
        self.plugins = data.get("plugins") or []
        self.is_whole = bool(data.get("whole"))  # every plugin ran once
        self._done = data.get("done") or {}
        self._failed = data.get("failed") or {}  # text of what failed last, and not on a node

    def data(self):
        """All of it."""
        return {"format": 1, "whole": self.is_whole, "plugins": self.plugins, "done": self._done,
                "failed": self._failed}

    def keep(self, sections, is_whole):
        """The plugins as they are configured now are those of the cluster."""
        names = {section.name for section in sections}
        for gone in {told["name"] for told in self.plugins} - names:
            self._failed.pop(gone, None)
            if gone in self._done:
                self._done[gone]["removed"] = True
        for name in names & self._done.keys():
            self._done[name].pop("removed", None)
        self.plugins = [section._asdict() for section in sections]
        self.is_whole = is_whole

    def fail(self, plugin, text):
        """It failed before it was on any node, or on none of them."""
        self._failed[plugin] = text

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

    def forgive(self, plugin):
        """What kept it from running is mended."""
        self._failed.pop(plugin, None)

    def note(self, section, hook, nodes, ok, text="", ran=None):
        """It ran on those nodes, and how that ended. `ran`: whether run() has done its work now; None: as before."""
        entry = self._done.setdefault(section.name, {"ran": False, "nodes": {}})
        self._failed.pop(section.name, None)
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
    """What differs between the plugins that a cluster was set up with and those of the configuration: lines for
    people."""
    lines = []
    old = {told["name"]: told for told in before}
    new = {section.name: section for section in now}
    for name in old.keys() - new.keys():
        lines.append(f"plugin {name} is no longer configured")
    for name in new.keys() - old.keys():
        lines.append(f"plugin {name} was added")
    for name in [name for name in new if name in old]:
        if old[name].get("setup_class", "") != new[name].setup_class:
            was = old[name].get("setup_class", "")
            lines.append(f"setup_class of plugin {name} was {was}, and is {new[name].setup_class}")
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
