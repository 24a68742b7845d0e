"""The exceptions of plugins, by the names that StarCluster's have."""

import builtins


class BaseException(builtins.Exception):
    """What all of them are. `msg`: what str() says."""

    def __init__(self, *args):
        super().__init__(*args)
        self.msg = args[0] if args else ""

    def __str__(self):
        return str(self.msg)

    @property
    def message(self):
        """The same, as exceptions of Python 2 had it."""
        return self.msg

    def explain(self):
        """The class and the message, in one line."""
        return f"{type(self).__name__}: {self.msg}"


class SSHError(BaseException):
    """Something with a node did not work."""


class SSHConnectionError(SSHError):
    """The node does not answer, or the connection broke."""

    def __init__(self, host, port=None):
        super().__init__(host if port is None else f"failed to connect to host {host} on port {port}")


class SSHAuthException(SSHError):
    """The node does not let anybody be that user."""

    def __init__(self, user, host=None):
        super().__init__(user if host is None else f"failed to authenticate to host {host} as user {user}")


class RemoteCommandFailed(SSHError):
    """A command ended with another status than 0.

    command, exit_status, output: what ran, how it ended, and its lines; node: where ("": not said)
    """

    def __init__(self, msg, command="", exit_status=1, output=(), node=""):
        super().__init__(msg)
        self.command, self.exit_status, self.output, self.node = command, exit_status, list(output), node

    def __str__(self):
        return "\n".join([f"{self.msg}:", *self.output]) if self.output else str(self.msg)


class RemoteCommandTimeout(RemoteCommandFailed):
    """A command was stopped, with all that it started, when its time was over."""


class CommandNotFound(BaseException):
    """A program that has to be there is not."""

    def __init__(self, command):
        super().__init__(f"command not found: {command}")


class RemoteCommandNotFound(CommandNotFound):
    """The same, on a node."""


class ThreadPoolException(BaseException):
    """Jobs of a pool failed; all have ended. `exceptions`: (exception, text of its traceback, jobid) of each."""

    def __init__(self, msg, exceptions=()):
        super().__init__(msg)
        self.exceptions = list(exceptions)

    def __str__(self):
        return "\n".join([str(self.msg), *(f"error occurred in job (id={job}): {error}"
                                           for error, _, job in self.exceptions)])

    def print_excs(self):
        """Prints the tracebacks."""
        print(self.format_excs())

    def format_excs(self):
        """Their text."""
        return "\n".join(f"error occurred in job (id={job}): {error}\n{text}" for error, text, job in self.exceptions)


class PluginError(BaseException):
    """A plugin is not as it has to be, or did not do what it had to."""


class PluginLoadError(PluginError):
    """Its file or its class raised something."""


class PluginSyntaxError(PluginError):
    """Its file is not Python."""


class PluginNotFound(PluginError):
    """There is no plugin of that name in the configuration."""

    def __init__(self, plugin, *rest):
        super().__init__(plugin if rest or " " in str(plugin) else f"Plugin {plugin} is not defined in the configuration")


class ConfigError(BaseException):
    """The configuration does not say what it has to say."""


class InvalidOperation(BaseException):
    """It cannot be done here."""


class MasterDoesNotExist(BaseException):
    """The cluster has no master."""

    def __init__(self, cluster="", cluster_tag=""):
        super().__init__(f"no master node exists in {cluster_tag or cluster}")


class ClusterDoesNotExist(BaseException):
    """There is no such cluster."""

    def __init__(self, cluster=""):
        super().__init__(cluster if " " in str(cluster) else f"cluster {cluster} does not exist")


class InstanceDoesNotExist(BaseException):
    """There is no such node."""

    def __init__(self, instance="", label="instance"):
        super().__init__(f"{label} {instance} does not exist")


# Those that nothing here raises, but that plugins name in `except`: by name, with what they come from.
_NAMES = {
    SSHError: "SSHNoCredentialsError SSHAccessDeniedViaAuthKeys SCPException",
    ConfigError: "ConfigSectionMissing ConfigHasNoSections NoDefaultTemplateFound ConfigNotFound KeyNotFound "
                 "ValidationError ClusterValidationError IncompatibleSettings InvalidDevice InvalidPartition "
                 "InvalidPort InvalidPortRange InvalidCIDRSpecified InvalidProtocol InvalidZone VolumesZoneError "
                 "ClusterTemplateDoesNotExist",
    BaseException: "AWSError CloudProviderError ClusterReceiptError NoClusterNodesFound NoClusterSpotRequests "
                   "ClusterNotRunning ClusterExists CancelledStartRequest CancelledCreateVolume "
                   "CancelledCreateImage CancelledMigrateImage CancelledRemoveImage ExperimentalFeature "
                   "WorkerError IncompatibleCluster InvalidImageName InvalidBucketName AWSUserIdRequired "
                   "BalancerException TerminateException InvalidIsoDate BalanceException CopyImageError",
}
_NAMES_OF_AWS = ("RegionDoesNotExist AMIDoesNotExist InstanceNotRunning SecurityGroupDoesNotExist "
                 "PlacementGroupDoesNotExist KeyPairAlreadyExists KeyPairDoesNotExist ZoneDoesNotExist "
                 "VolumeDoesNotExist SnapshotDoesNotExist BucketAlreadyExists BucketDoesNotExist")


def _define(names, base):
    for name in names.split():
        globals()[name] = type(name, (base,), {"__module__": __name__, "__doc__": f"{base.__doc__} Nothing raises it here."})


for _base, _names in _NAMES.items():
    _define(_names, _base)
_define(_NAMES_OF_AWS, globals()["AWSError"])
