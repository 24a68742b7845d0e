"""Where clusters are kept between programs."""

import os

from . import _failures
from ._foreign import RepositoryAdapter
from ._provision import Repository
from .exceptions import ClusterError, ClusterNotFound


class AbstractClusterRepository:
    """What a repository of one's own has to have. A cluster can be pickled, and becomes plain data with
    to_dict(); Cluster.from_dict() makes it again."""

    def save_or_update(self, cluster):
        """Keeps the cluster as it is now. Called whenever a node changes."""
        raise NotImplementedError(f"{type(self).__name__} has no save_or_update()")

    def get(self, name):
        """The Cluster of that name; ClusterNotFound: there is none."""
        raise NotImplementedError(f"{type(self).__name__} has no get()")

    def get_all(self):
        """All that there are."""
        raise NotImplementedError(f"{type(self).__name__} has no get_all()")

    def delete(self, cluster):
        """Forgets it."""
        raise NotImplementedError(f"{type(self).__name__} has no delete()")


class _NativeRepository(AbstractClusterRepository):
    def __init__(self, native):
        self._native = native

    def save_or_update(self, cluster):
        with _failures.told(ClusterError):
            self._native.save(cluster._text())

    def get(self, name):
        from .cluster import Cluster
        with _failures.told(ClusterError, not_found=ClusterNotFound):
            text = self._native.get(name)
        return Cluster._of(text, self)

    def get_all(self):
        from .cluster import Cluster
        with _failures.told(ClusterError):
            texts = self._native.get_all()
        return [Cluster._of(text, self) for text in texts]

    def delete(self, cluster):
        with _failures.told(ClusterError):
            self._native.delete(cluster if isinstance(cluster, str) else cluster.name)

    def __repr__(self):
        return f"<{type(self).__name__}: {self._native.description()}>"


class MemRepository(_NativeRepository):
    """Clusters in the memory of this program: gone with it, while their nodes may live on."""

    def __init__(self):
        super().__init__(Repository.memory())


class SqliteRepository(_NativeRepository):
    """Clusters in an SQLite file; without a path the one of this user, which clustershell reads too."""

    def __init__(self, path=""):
        with _failures.told(ClusterError):
            super().__init__(Repository.sqlite(os.path.expanduser(os.fspath(path))))


class PickleRepository(_NativeRepository):
    """Clusters in a folder, which is made: a file NAME.json for each, replaced as a whole. It is called as
    elasticluster's; nothing in it is pickled."""

    def __init__(self, storage_path):
        self.storage_path = os.path.expanduser(os.fspath(storage_path))
        with _failures.told(ClusterError):
            super().__init__(Repository.folder(self.storage_path))


class JsonRepository(PickleRepository):
    """The same."""


class YamlRepository(PickleRepository):
    """The same: the files are JSON, which is YAML too."""


class MultiDiskRepository(PickleRepository):
    """The same; there is one format only."""

    def __init__(self, storage_path, default_store="json"):
        super().__init__(storage_path)


def native_of(repository):
    """(Repository, adapter or None) of ours and of anybody's."""
    native = getattr(repository, "_native", None)
    if isinstance(native, Repository):
        return native, None
    for name in ("save_or_update", "get", "get_all", "delete"):
        if not callable(getattr(repository, name, None)):
            raise TypeError(f"a repository has to have {name}(), which {type(repository).__name__} has not")
    adapter = RepositoryAdapter(repository)
    return Repository.foreign(adapter), adapter



__all__ = ["AbstractClusterRepository", "MemRepository", "SqliteRepository", "PickleRepository", "JsonRepository",
           "YamlRepository", "MultiDiskRepository"]
