"""Lets every node of the cluster compute 99999 ** (99999 + k), all at the same time, in threads."""

import _thread

import ClusterAPI

results = {}
locks = []


def calculate(server, lock):
    results[server] = ClusterAPI.execute(server, f"99999 ** (99999 + {server})", 0)
    lock.release()


def main():
    if not ClusterAPI.clustercheck():
        print("Not all servers are functional")
        return 1
    print("Calculating. Please wait.")
    for server in range(1, ClusterAPI.getClusterLenght() + 1):
        lock = _thread.allocate_lock()
        lock.acquire()
        locks.append(lock)
        _thread.start_new_thread(calculate, (server, lock))
    for lock in locks:
        lock.acquire()
    for server in sorted(results):
        print(f"Server {server}: {results[server]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
