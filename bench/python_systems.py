"""What runs functions of Python, each behind the same few methods: Muster, the standard library's pool of
processes, and the peers, each where it is installed. Two workers each, but where a system has one."""

import concurrent.futures
import importlib.util
import multiprocessing
import operator
import os
import pathlib
import subprocess
import sys
import time

WORKERS = 2
READY = 60  # seconds for the workers of a peer


class System:
    """One of them. `submit` gives a future of its own kind, which `result` waits for."""

    module = ""  # that it needs

    def submit(self, function, *args):
        raise NotImplementedError

    def result(self, future):
        return future.result()

    def map(self, function, items):
        """An iterable of the results, in order."""
        return [self.result(future) for future in [self.submit(function, item) for item in items]]

    def close(self):
        pass


class Muster(System):
    """The nodes of the configuration that MUSTER_CONFIG names."""

    module = "ClusterAPI"

    def __init__(self, _):
        import ClusterAPI
        self._cluster = ClusterAPI.connect()

    def submit(self, function, *args):
        return self._cluster.submit(function, *args)

    def map(self, function, items):
        return self._cluster.map(function, items)

    def close(self):
        self._cluster.close()


class Processes(System):
    """concurrent.futures.ProcessPoolExecutor."""

    module = "concurrent.futures"

    def __init__(self, _):
        context = multiprocessing.get_context("forkserver")
        self._executor = concurrent.futures.ProcessPoolExecutor(WORKERS, mp_context=context)

    def submit(self, function, *args):
        return self._executor.submit(function, *args)

    def map(self, function, items):
        # As its own documentation advises for many short items.
        return self._executor.map(function, items, chunksize=64)

    def close(self):
        self._executor.shutdown()


class Dask(System):
    """A scheduler and workers of one thread, each a process."""

    module = "distributed"

    def __init__(self, _):
        import dask
        import distributed
        dask.config.set({"distributed.admin.tick.limit": "1h"})
        self._cluster = distributed.LocalCluster(n_workers=WORKERS, threads_per_worker=1, processes=True,
                                                 host="127.0.0.1", dashboard_address=None, silence_logs=50)
        self._client = distributed.Client(self._cluster)

    def submit(self, function, *args):
        return self._client.submit(function, *args, pure=False)

    def map(self, function, items):
        return self._client.gather(self._client.map(function, list(items), pure=False))

    def close(self):
        self._client.close()
        self._cluster.close()


class Ipyparallel(System):
    """A controller and engines; a view that shares out the load."""

    module = "ipyparallel"

    def __init__(self, folder):
        import ipyparallel
        os.environ["IPYTHONDIR"] = str(pathlib.Path(folder, "ipython"))
        self._cluster = ipyparallel.Cluster(n=WORKERS, log_level=50, controller_ip="127.0.0.1")
        self._client = self._cluster.start_and_connect_sync(n=WORKERS)
        self._view = self._client.load_balanced_view()

    def submit(self, function, *args):
        return self._view.apply_async(function, *args)

    def result(self, future):
        return future.get(timeout=READY)

    def map(self, function, items):
        return self._view.map_sync(function, list(items), chunksize=64)

    def close(self):
        self._client.close()
        self._cluster.stop_cluster_sync()


class Rpyc(System):
    """One server in a process of its own, on a TCP socket of this machine."""

    module = "rpyc"

    def __init__(self, _):
        import rpyc
        # It ends with its input: whatever becomes of this process, it is not left over.
        self._process = subprocess.Popen([sys.executable, "-c", """if True:
            import os, rpyc, sys, threading
            from rpyc.utils.server import ThreadedServer
            server = ThreadedServer(rpyc.SlaveService, hostname="127.0.0.1", port=0)
            print(server.port, flush=True)
            threading.Thread(target=server.start, daemon=True).start()
            sys.stdin.read()
            os._exit(0)
            """], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = int(self._process.stdout.readline())
        self._connection = self._connect(port)
        self._async = rpyc.async_
        self._there = {abs: self._connection.builtins.abs, operator.mul: self._connection.modules.operator.mul}

    @staticmethod
    def _connect(port):
        """It names its port a moment before it listens."""
        import rpyc
        end = time.monotonic() + READY
        while True:
            try:
                return rpyc.classic.connect("127.0.0.1", port)
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def submit(self, function, *args):
        return self._async(self._there[function])(*args)

    def result(self, future):
        future.wait()
        return future.value

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Execnet(System):
    """One process on a pair of pipes, which answers in turn."""

    module = "execnet"

    def __init__(self, _):
        import execnet
        self._group = execnet.Group()
        self._gateway = self._group.makegateway(f"popen//python={sys.executable}")
        self._channel = self._gateway.remote_exec(
            "import operator\n"
            "there = {'abs': abs, 'mul': operator.mul}\n"
            "for name, args in channel:\n    channel.send(there[name](*args))\n")

    def submit(self, function, *args):
        self._channel.send((function.__name__, args))

    def result(self, future):
        return self._channel.receive(READY)

    def close(self):
        self._group.terminate(timeout=5)


SYSTEMS = {"muster": Muster, "processes": Processes, "dask": Dask, "ipyparallel": Ipyparallel, "rpyc": Rpyc,
           "execnet": Execnet}
PEERS = ("dask", "ipyparallel", "rpyc", "execnet")


def is_installed(name):
    return importlib.util.find_spec(SYSTEMS[name].module) is not None
