from muster.providers import BotoCloudProvider as BotoCloudProvider
