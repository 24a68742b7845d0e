from . import BotoCloudProvider as BotoCloudProvider
