"""cluster_driver.py N: starts and stops N nodes of this machine, as a cluster that is kept and as an embedded
one, and prints how long each took, in ms."""

import json
import sys
import tempfile
import time

import ClusterAPI
import muster


def milliseconds(work):
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def main():
    count = int(sys.argv[1])
    cluster = muster.Cluster("bench", muster.LocalCloudProvider(), None,
                             repository=muster.SqliteRepository(f"{tempfile.mkdtemp()}/clusters.db"))
    cluster.add_nodes("compute", count)
    took = {"start": milliseconds(cluster.start)}
    alive = sum(node.is_alive() for node in cluster.get_all_nodes())
    took["stop"] = milliseconds(cluster.stop)
    embedded = []
    took["bare_start"] = milliseconds(lambda: embedded.append(ClusterAPI.local(count)))
    took["bare_stop"] = milliseconds(embedded[0].close)
    print(json.dumps({**took, "verified": alive}))


if __name__ == "__main__":
    main()
