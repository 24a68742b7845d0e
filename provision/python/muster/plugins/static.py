"""Names and places that plugins of StarCluster look up."""

import getpass
import os
import tempfile

from ClusterAPI import __version__

from .logger import default_folder


def current_user():
    """The name of who runs this; the number where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


VERSION = __version__
PID = os.getpid()
TMP_DIR = tempfile.gettempdir()
CURRENT_USER = current_user()
STARCLUSTER_CFG_DIR = os.path.join(os.path.expanduser("~"), ".starcluster")
STARCLUSTER_CFG_FILE = os.path.join(STARCLUSTER_CFG_DIR, "config")
STARCLUSTER_PLUGIN_DIR = os.path.join(STARCLUSTER_CFG_DIR, "plugins")
STARCLUSTER_RECEIPT_DIR = "/var/run/starcluster"
STARCLUSTER_RECEIPT_FILE = os.path.join(STARCLUSTER_RECEIPT_DIR, "receipt.pkl")
STARCLUSTER_LOG_DIR = default_folder()
DEBUG_FILE = os.path.join(STARCLUSTER_LOG_DIR, "debug.log")
CRASH_FILE = os.path.join(STARCLUSTER_LOG_DIR, "crash-report-%d.txt")
VERSION_TAG = VERSION
CLUSTER_TAG_KEY = "cluster"
MASTER_ALIAS = "master"
SECURITY_GROUP_PREFIX = "@sc-"
SECURITY_GROUP_TEMPLATE = SECURITY_GROUP_PREFIX + "%s"
CLUSTER_SHELLS = {"bash": "/bin/bash", "sh": "/bin/sh", "zsh": "/bin/zsh", "csh": "/bin/csh", "ksh": "/bin/ksh",
                  "tcsh": "/bin/tcsh"}
AVAILABLE_SHELLS = CLUSTER_SHELLS
HOME_DIR = "/home"
WORLD_CIDRIP = "0.0.0.0/0"
DEFAULT_SSH_PORT = 22
PROTOCOLS = ["tcp", "udp", "icmp"]
INSTANCE_TYPES = {}  # there is no cloud of Amazon's here


def create_sc_config_dirs():
    """Makes the folders of plugins."""
    os.makedirs(STARCLUSTER_PLUGIN_DIR, mode=0o700, exist_ok=True)
    os.makedirs(STARCLUSTER_LOG_DIR, mode=0o700, exist_ok=True)
