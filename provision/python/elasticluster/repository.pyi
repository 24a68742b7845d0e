from muster.repository import AbstractClusterRepository as AbstractClusterRepository
from muster.repository import JsonRepository as JsonRepository
from muster.repository import MemRepository as MemRepository
from muster.repository import MultiDiskRepository as MultiDiskRepository
from muster.repository import PickleRepository as PickleRepository
from muster.repository import SqliteRepository as SqliteRepository
from muster.repository import YamlRepository as YamlRepository
