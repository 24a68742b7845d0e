"""plugin_driver.py N: a job for each of N nodes of this machine, by the pool of plugins and without one, and prints how
long each took, in ms."""

import json
import sys
import time

import ClusterAPI
from muster.plugins._order import Order
from muster.plugins.threadpool import ThreadPool


def milliseconds(work):
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def in_pool(nodes, command):
    """How many answered as they should."""
    pool = ThreadPool(20)
    for node in nodes:
        pool.simple_job(node.ssh.execute, (command,), jobid=node.alias)
    return sum(lines == [node.alias] for lines, node in zip(pool.wait(), nodes))


def main():
    count = int(sys.argv[1])
    cluster = ClusterAPI.local(count)
    places = [{"name": node.name, "address": node.address, "instance_id": node.name} for node in cluster.nodes()]
    command = "echo $MUSTER_NODE"
    answers = []
    with Order({"cluster": "bench", "nodes": places}) as order:
        answers.append(in_pool(order.nodes, command))  # connected
        [future.result() for future in cluster.shell("true")]
        took = {"pool": milliseconds(lambda: answers.append(in_pool(order.nodes, command))),
                "serial": milliseconds(lambda: answers.append(sum(node.ssh.execute(command) == [node.alias]
                                                                  for node in order.nodes)))}
    took["bare"] = milliseconds(lambda: [future.result() for future in cluster.shell(f"bash -lc '{command}'")])
    print(json.dumps({**took, "verified": min(answers)}))


if __name__ == "__main__":
    main()
