"""Modules of StarCluster's that have nothing behind them here: importing them is no mistake, using them is."""

REASONS = {
    "balancers": "nothing adds nodes by load; `cluster resize` does by hand",
    "cli": "its commands are those of clustershell (docs/coming-from-starcluster.md)",
    "completers": "clustershell completes by itself",
    "commands": "its commands are those of clustershell (docs/coming-from-starcluster.md)",
    "deathrow": "it was for StarCluster itself",
    "easyboto": "there is no provider for Amazon's cloud",
    "hacks": "it was for StarCluster itself",
    "image": "images belong to a cloud, and there is no provider for Amazon's",
    "managers": "it was for StarCluster itself",
    "optcomplete": "clustershell completes by itself",
    "templates": "what StarCluster wrote to nodes is not written here",
    "tests": "its own tests belong to its own sources",
    "userdata": "nodes have no user data: a provider's script does what is needed at the start",
    "volume": "volumes belong to a cloud, and there is no provider for Amazon's",
    "webtools": "there is no web server",
}

# The modules in those that are packages.
_PARTS = {
    "balancers": ("sge",),
    "commands": ("base", "start", "stop", "terminate", "restart", "sshmaster", "sshnode", "shell", "runplugin", "completers"),
    "templates": ("condor", "config", "experimental", "hadoop", "mysql", "sge", "slurm", "user_msgs"),
    "tests": ("templates", "test_cluster", "test_config", "test_threadpool", "test_utils"),
}


def is_there(fullname):
    """Whether such a module can be imported. ImportError: its package has no such name, and why."""
    words = fullname.split(".")
    if len(words) < 2 or words[0] != "starcluster" or words[1] not in REASONS:
        return False
    if len(words) == 2 or len(words) == 3 and words[2] in _PARTS.get(words[1], ()):
        return True
    raise ImportError(f"{fullname} is not there: {REASONS[words[1]]}")


def answer(module, reason):
    """What a module answers to whoever wants something of it."""
    def __getattr__(name):
        if name.startswith("__"):
            raise AttributeError(f"module {module} has no attribute {name}")
        raise AttributeError(f"{module}.{name} is not there: {reason}")
    return __getattr__
