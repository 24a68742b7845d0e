"""In the place of Amazon's clouds, which this installation has no provider for."""

from . import exception


class _NoCloud:
    """Says so, whatever it is asked."""

    def __init__(self, *_, **__):
        pass

    _what = "AWS"

    def __getattr__(self, name):
        if name.startswith(("__", "_repr", "_ipython")):  # asked of any object
            raise AttributeError(name)
        raise exception.AWSError(
            f"{self._what}.{name}: there is no provider for Amazon's cloud here; nodes come from: local, ssh, and "
            "classes of your own (docs/providers.md)")

    def __repr__(self):
        return f"<{self._what}: no provider for Amazon's cloud is here>"

    def __bool__(self):
        return False


class EasyAWS(_NoCloud):
    _what = "EasyAWS"


class EasyEC2(_NoCloud):
    _what = "ec2"

    def has_permission(self, group, ip_protocol, from_port, to_port, cidr_ip):
        """True: no firewall of a cloud is in front of the nodes, so that there is nothing to open."""
        return True


class Region:
    """Where a node is. name"""

    name = "local"


class Group:
    """The cluster of a node, as a group of a cloud. name, id"""

    def __init__(self, cluster):
        self.name = self.id = f"@sc-{cluster}"

    def authorize(self, *_, **__):
        """There is nothing to open."""
        return True


class Instance(_NoCloud):
    """The instance of a node. id"""

    _what = "node.instance"

    def __init__(self, node):
        super().__init__()
        self.id = node

    def __bool__(self):
        return True


class EasyS3(_NoCloud):
    _what = "s3"


EC2 = EasyEC2()
S3 = EasyS3()


def get_easy_ec2():
    """The one that says there is none."""
    return EC2


def get_easy_s3():
    return S3
