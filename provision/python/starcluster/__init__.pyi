from . import clustersetup as clustersetup
from typing import Any

def __getattr__(name: str) -> Any: ...
