"""The configuration as plugins and the development shell ask for it: ours, and that of StarCluster if there is one."""

import configparser
import os
import re

from . import exception
from .loader import Section

_CLUSTER_LISTS = ("plugins", "permissions", "volumes", "userdata_scripts")


def default_files():
    """Those that are read where no file is named: the first that is there of ours, and StarCluster's."""
    given = os.environ.get("MUSTER_CONFIG")
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    usual = ["./cluster.conf", os.path.join(home, "muster/cluster.conf"), "/etc/muster/cluster.conf"]
    ours = [given] if given else usual
    found = [path for path in ours if os.path.exists(path)][:1]
    old = os.environ.get("STARCLUSTER_CONFIG") or os.path.expanduser("~/.starcluster/config")
    return found + ([old] if os.path.exists(old) else [])


class StarClusterConfig:
    """What the files say. load() reads them; get_plugin(name), plugins, clusters, get_cluster_template(name).

    config_file: one file in place of the usual ones
    """

    def __init__(self, config_file=None, cache=False):
        self._given = config_file
        self.files = []
        self._sections = {}  # (kind, name): {key: (text, FILE:LINE)}
        self.globals = {}

    # ---- Reading ----

    def load(self):
        """Reads the files; ConfigError: what is wrong with them."""
        self._sections, self.globals, self.files = {}, {}, []
        paths = [os.path.expanduser(os.fspath(self._given))] if self._given else default_files()
        if self._given and not os.path.exists(paths[0]):
            raise exception.ConfigNotFound(f"there is no configuration {paths[0]}")
        for path in paths:
            self._read(path)
        return self

    reload = load

    def _read(self, path):
        if os.path.abspath(path) in self.files:
            return
        self.files.append(os.path.abspath(path))
        parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=("#", ";"), default_section="\0",
                                              allow_no_value=True)
        parser.optionxform = str
        try:
            with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
                text = file.read()
            parser.read_string(text, path)
        except (OSError, configparser.Error) as error:
            raise exception.ConfigError(f"{path} cannot be read: {error}") from None
        lines = _lines_of(text)
        for title in parser.sections():
            kind, _, name = title.strip().partition(" ")
            told = self._sections.setdefault((kind.lower(), name.strip()), {})
            for key, value in parser.items(title):
                told[key] = ((value or "").strip(), f"{path}:{lines.get((title, key), lines.get((title, ''), 1))}")
            told.setdefault("", ("", f"{path}:{lines.get((title, ''), 1)}"))
        own = self._sections.get(("global", ""), {})
        self.globals = {key.lower(): value for key, (value, _) in own.items() if key}
        for more in self.globals.get("include", "").replace("\n", ",").split(","):
            if more.strip():
                self._read(os.path.expanduser(more.strip()))

    # ---- Asking ----

    def _of_kind(self, kind):
        return {name: {key: value for key, (value, _) in told.items() if key}
                for (own, name), told in self._sections.items() if own == kind}

    clusters = property(lambda self: {name: self.get_cluster_template(name) for name in self._of_kind("cluster")})
    plugins = property(lambda self: {name: self._plain(self.get_plugin(name)) for name in self._of_kind("plugin")})
    vols = volumes = property(lambda self: self._of_kind("volume"))
    keys = property(lambda self: self._of_kind("key"))
    permissions = property(lambda self: self._of_kind("permission"))

    @staticmethod
    def _plain(section):
        return {"__name__": section.name, "setup_class": section.setup_class, **section.settings}

    def get(self, section, option=None, default=None):
        """A value of a section, as "cluster smallcluster"; all of them as a dict, without an option."""
        kind, _, name = section.partition(" ")
        told = self._sections.get((kind.lower(), name.strip()))
        if told is None:
            if option is None and default is None:
                raise exception.ConfigSectionMissing(f"there is no section [{section}] in {self._told_files()}")
            return default
        values = {key: value for key, (value, _) in told.items() if key}
        return values if option is None else values.get(option, default)

    def get_plugin(self, name):
        """The Section of a plugin. PluginNotFound: there is none of that name."""
        told = self._sections.get(("plugin", name))
        if told is None:
            raise exception.PluginNotFound(f"plugin '{name}' not defined in config ({self._told_files()})")
        settings = {key: " ".join(value.split("\n")) for key, (value, _) in told.items()
                    if key and key.lower() != "setup_class"}
        setup_class = next((value for key, (value, _) in told.items() if key.lower() == "setup_class"), "")
        return Section(name, setup_class, settings, told[""][1])

    def get_cluster_template(self, name, tag_name=None):
        """The settings of [cluster NAME], with what it extends; lists where there are several: a dict."""
        seen, chain = [], name
        while chain:
            if ("cluster", chain) not in self._sections:
                told = f", which [cluster {seen[-1]}] extends," if seen else ""
                raise exception.ClusterTemplateDoesNotExist(f"[cluster {chain}]{told} is not in {self._told_files()}")
            if chain in seen:
                raise exception.ConfigError(f"[cluster {chain}] extends itself ({' -> '.join([*seen, chain])})")
            seen.append(chain)
            told = self._sections[("cluster", chain)]
            chain = next((value for key, (value, _) in told.items() if key.lower() == "extends"), "")
        values = {}
        for template in reversed(seen):
            told = self._sections[("cluster", template)]
            values.update((key.lower(), value) for key, (value, _) in told.items() if key)
        values.pop("extends", None)
        for key in _CLUSTER_LISTS:
            if key in values:
                values[key] = [word.strip() for word in values[key].replace("\n", ",").split(",") if word.strip()]
        values["__name__"] = name
        return values

    def plugins_of(self, name):
        """The Sections of the plugins of a cluster, in their order."""
        return [self.get_plugin(plugin) for plugin in self.get_cluster_template(name).get("plugins", [])]

    def get_default_cluster_template(self):
        """The name of the cluster that is meant where none is said."""
        name = self.globals.get("default_template") or next(iter(self._of_kind("cluster")), None)
        if name is None:
            raise exception.NoDefaultTemplateFound(f"there is no [cluster NAME] in {self._told_files()}")
        return name

    def get_cluster_names(self):
        """The names of all clusters of the files."""
        return self._of_kind("cluster")

    def get_easy_ec2(self):
        """In the place of a cloud: says that there is none."""
        from .awsutils import EC2
        return EC2

    def get_easy_s3(self):
        from .awsutils import S3
        return S3

    def get_cluster_manager(self):
        """The clusters, as muster.plugins.cluster.ClusterManager."""
        from .cluster import ClusterManager
        return ClusterManager(self)

    def _told_files(self):
        return ", ".join(self.files) or "any configuration: there is none"

    def __repr__(self):
        return f"<StarClusterConfig: {self._told_files()}>"


def get_config(config_file=None, cache=False):
    """A StarClusterConfig that was read."""
    return StarClusterConfig(config_file, cache).load()


def get_easy_ec2(config_file=None, cache=False):
    """In the place of a cloud: says that there is none."""
    return StarClusterConfig(config_file, cache).get_easy_ec2()


def get_easy_s3(config_file=None, cache=False):
    """The same, of its storage."""
    return StarClusterConfig(config_file, cache).get_easy_s3()


def _lines_of(text):
    """The number of the line of each (section, key); of a section itself its key is ""."""
    found, title = {}, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("[") and "]" in line:
            title = line[1:line.rindex("]")]
            found.setdefault((title, ""), number)
        elif line[:1].strip() and ("=" in line or ":" in line):
            found[title, re.split("[=:]", line, maxsplit=1)[0].strip()] = number
    return found
