from . import OpenStackCloudProvider as OpenStackCloudProvider
