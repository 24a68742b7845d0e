from . import SshCloudProvider as SshCloudProvider
