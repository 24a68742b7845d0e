from muster.providers import SshCloudProvider as SshCloudProvider
