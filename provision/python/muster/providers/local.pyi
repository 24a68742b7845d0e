from . import LocalCloudProvider as LocalCloudProvider
