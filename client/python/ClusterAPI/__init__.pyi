"""The types of the public names; what they do is said where they are defined."""

import concurrent.futures
import os
import types
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ALL_COMPLETED as ALL_COMPLETED
from concurrent.futures import FIRST_COMPLETED as FIRST_COMPLETED
from concurrent.futures import FIRST_EXCEPTION as FIRST_EXCEPTION
from concurrent.futures import as_completed as as_completed
from concurrent.futures import wait as wait
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, overload

from ._aio import AsyncCluster, AsyncView
from ._native import Outcome as Outcome

__all__ = [
    "clustercheck", "getClusterLength", "getClusterLenght", "execute", "setCallmethod", "setCallmethodAll",
    "program", "connect", "local", "Cluster", "View", "Node", "NodeCheck", "ClusterCheck", "Event", "Outcome", "ValueStream",
    "Session", "FileProgress", "Progress", "Future", "Executor", "gather", "as_completed", "wait", "ALL_COMPLETED",
    "FIRST_COMPLETED", "FIRST_EXCEPTION", "RemoteError", "NodeUnreachable", "NodeLost", "Refused", "DeadlineExceeded",
    "Cancelled",
]
__version__: str

_T = TypeVar("_T")
_Program = TypeVar("_Program", bound=Callable[..., Any])
_Path: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
_Paths: TypeAlias = _Path | Iterable[_Path]
_Target: TypeAlias = int | str
_Targets: TypeAlias = _Target | list[Any] | tuple[_Target, ...] | None  # of a list: numbers and texts
_Isolation: TypeAlias = Literal["worker", "fresh"]
_Leftovers: TypeAlias = Literal["own_session", "reap", "keep"]

# ---- Programs for the cluster ----

def clustercheck() -> bool: ...
def getClusterLength() -> int: ...
def getClusterLenght() -> int: ...
@overload
def execute(server: _Target, command: str, highValue: Literal[0] = 0) -> str: ...
@overload
def execute(server: _Target, command: str, highValue: Literal[1]) -> ValueStream: ...
@overload
def execute(server: _Target, command: str, highValue: int) -> str | ValueStream: ...
def setCallmethod(server: _Target, method: str) -> bool: ...
def setCallmethodAll(method: str) -> bool: ...

@overload
def program(function: _Program, *, name: str | None = None) -> _Program: ...
@overload
def program(function: None = None, *, name: str | None = None) -> Callable[[_Program], _Program]: ...

class ValueStream(Iterable[str]):
    def __iter__(self) -> Iterator[str]: ...
    def close(self) -> None: ...
    def __del__(self) -> None: ...

# ---- Clusters ----

def connect(cluster: str = "", configuration: str | os.PathLike[str] = "") -> Cluster: ...
def local(nodes: int, workers: int = 0) -> Cluster: ...

class Node(NamedTuple):
    name: str
    address: str

class Event(NamedTuple):
    node: str
    stream: str
    data: bytes

class NodeCheck(dict[str, Any]):
    def __bool__(self) -> bool: ...

class ClusterCheck(list[NodeCheck]):
    def __bool__(self) -> bool: ...

class FileProgress(NamedTuple):
    bytes: int
    total_bytes: int
    files: int
    total_files: int
    bytes_per_second: float

class Progress(NamedTuple):
    done: int
    total: int | None
    failed: int
    seconds: float
    rate: float
    left: float | None

class View:
    def on(
        self, targets: _Targets = None, *, trust_results: bool | None = None,
        progress: bool | Callable[[Any], object] | None = None, deadline: float | None = None,
        grace: float | None = None, directory: _Path | None = None, environment: Mapping[str, str | bytes] | None = None,
        input: str | bytes | None = None, session: str | None = None, retries: int | None = None,
        resources: Mapping[str, int] | None = None,
        idempotent: bool | None = None, isolation: _Isolation | None = None, leftovers: _Leftovers | None = None,
        cpu: float | None = None, memory: int | None = None, processes: int | None = None,
        file_size: int | None = None, open_files: int | None = None, output: int | None = None,
    ) -> View: ...
    @property
    def aio(self) -> AsyncView: ...
    def nodes(self) -> list[Node]: ...
    def __len__(self) -> int: ...
    def check(self, timeout: float = 2.0) -> ClusterCheck: ...
    def submit(self, function: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]: ...
    def map(
        self, function: Callable[..., _T], *iterables: Iterable[Any], timeout: float | None = None,
        return_exceptions: bool = False, progress: bool | Callable[[Progress], object] | None = None,
    ) -> Generator[_T, None, None]: ...
    def run(self, function: Callable[..., _T], /, *args: Any, **kwargs: Any) -> dict[str, _T]: ...
    def python(
        self, source: str, *, targets: _Targets = None, deadline: float | None = None,
        grace: float | None = None, directory: _Path | None = None, environment: Mapping[str, str | bytes] | None = None,
        input: str | bytes | None = None, session: str | None = None, retries: int | None = None,
        resources: Mapping[str, int] | None = None,
        idempotent: bool | None = None, isolation: _Isolation | None = None, leftovers: _Leftovers | None = None,
        cpu: float | None = None, memory: int | None = None, processes: int | None = None,
        file_size: int | None = None, open_files: int | None = None, output: int | None = None,
    ) -> list[Future[Any]]: ...
    def shell(
        self, line: str, *, targets: _Targets = None, deadline: float | None = None,
        grace: float | None = None, directory: _Path | None = None, environment: Mapping[str, str | bytes] | None = None,
        input: str | bytes | None = None, session: str | None = None, retries: int | None = None,
        resources: Mapping[str, int] | None = None,
        idempotent: bool | None = None, isolation: _Isolation | None = None, leftovers: _Leftovers | None = None,
        cpu: float | None = None, memory: int | None = None, processes: int | None = None,
        file_size: int | None = None, open_files: int | None = None, output: int | None = None,
    ) -> list[Future[Outcome]]: ...
    def argv(
        self, words: Iterable[str | bytes], *, targets: _Targets = None, deadline: float | None = None,
        grace: float | None = None, directory: _Path | None = None, environment: Mapping[str, str | bytes] | None = None,
        input: str | bytes | None = None, session: str | None = None, retries: int | None = None,
        resources: Mapping[str, int] | None = None,
        idempotent: bool | None = None, isolation: _Isolation | None = None, leftovers: _Leftovers | None = None,
        cpu: float | None = None, memory: int | None = None, processes: int | None = None,
        file_size: int | None = None, open_files: int | None = None, output: int | None = None,
    ) -> list[Future[Outcome]]: ...
    def stream(
        self, line: str, *, targets: _Targets = None, deadline: float | None = None,
        grace: float | None = None, directory: _Path | None = None, environment: Mapping[str, str | bytes] | None = None,
        input: str | bytes | None = None, session: str | None = None, retries: int | None = None,
        resources: Mapping[str, int] | None = None,
        idempotent: bool | None = None, isolation: _Isolation | None = None, leftovers: _Leftovers | None = None,
        cpu: float | None = None, memory: int | None = None, processes: int | None = None,
        file_size: int | None = None, open_files: int | None = None, output: int | None = None,
    ) -> Generator[Event, None, None]: ...
    def session(self, name: str = "", *, target: _Target = 1) -> Session: ...
    def put(
        self, local: _Paths, remote: _Path, *, targets: _Targets = None,
        progress: bool | Callable[[FileProgress], object] | None = None, deadline: float | None = None,
        grace: float | None = None, directory: _Path | None = None, durable: bool | None = None,
    ) -> list[Outcome]: ...
    def get(
        self, remote: _Paths, local: _Path, *, targets: _Targets = None,
        progress: bool | Callable[[FileProgress], object] | None = None, deadline: float | None = None,
        grace: float | None = None, directory: _Path | None = None, durable: bool | None = None,
        max_bytes: int | None = None, max_files: int | None = None,
    ) -> list[Outcome]: ...

class Cluster(View):
    @property
    def aio(self) -> AsyncCluster: ...
    def __enter__(self) -> Cluster: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None = None,
        traceback: types.TracebackType | None = None,
    ) -> None: ...
    def close(self) -> list[str]: ...

class Session:
    node: str
    name: str
    def run(self, source: str) -> Any: ...
    def close(self) -> None: ...
    def __enter__(self) -> Session: ...
    def __exit__(self, *_: object) -> None: ...

# ---- Futures ----

class Future(concurrent.futures.Future[_T]):
    node: str
    def __init__(self) -> None: ...
    def cancel(self, grace: float | None = None) -> bool: ...
    def __await__(self) -> Generator[Any, None, _T]: ...

class Executor(concurrent.futures.Executor):
    def __init__(self, cluster: View | None = None) -> None: ...
    def submit(self, function: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]: ...
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None: ...

def gather(
    futures: Iterable[concurrent.futures.Future[_T]], progress: bool | Callable[[Progress], object] | None = None,
) -> list[_T]: ...

# ---- Exceptions ----

class RemoteError(RuntimeError):
    node: str
    kind: str
    reason: str
    traceback: str
    problems: Sequence[str]

class NodeUnreachable(RemoteError): ...
class NodeLost(RemoteError): ...
class Refused(RemoteError): ...
class DeadlineExceeded(RemoteError, TimeoutError): ...
class Cancelled(RemoteError, concurrent.futures.CancelledError): ...

# ---- IPython ----

def load_ipython_extension(shell: Any) -> None: ...
def unload_ipython_extension(shell: Any) -> None: ...
