from . import GoogleCloudProvider as GoogleCloudProvider
