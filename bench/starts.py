"""How long programs take to be of use: clusterd to its first answer, clustershell to its first call."""

import os
import socket
import statistics
import time

from figures import Figure


def milliseconds_since(begin):
    return (time.perf_counter() - begin) * 1000


def clusterd(stage, driver):
    """(until it says that it listens, until it answered a Describe), in ms."""
    begin = time.perf_counter()
    daemon = stage.start_daemon("start")
    listens = milliseconds_since(begin)
    driver.do("check")
    answered = milliseconds_since(begin)
    stage.end(daemon)
    return listens, answered


def spawn(stage, words, more=None):
    words = [str(word) for word in words]
    return os.posix_spawn(words[0], words, {**stage.environment, **(more or {})})


def clustershell_to_call(stage):
    """Until it connects to its node, which is a socket of ours that never answers."""
    path = stage.folder / "silent.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(10)
        configuration = stage.configuration("silent")
        begin = time.perf_counter()
        pid = spawn(stage, [stage.programs / "clustershell", "--config", configuration, "-c", "@ true"])
        try:
            connection, _ = listener.accept()
            took = milliseconds_since(begin)
            connection.close()
        finally:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
    path.unlink()
    return took


def clustershell_whole(stage):
    """From its start to its end, with `true` on a node between."""
    words = [stage.programs / "clustershell", "--config", stage.configuration("n1"), "-c", "@ true"]
    begin = time.perf_counter()
    _, status = os.waitpid(spawn(stage, words), 0)
    if status != 0:
        raise RuntimeError(f"clustershell -c '@ true' ended with wait status {status}")
    return milliseconds_since(begin)


def starts(stage, size):
    driver = stage.start_driver("start")
    facts = {"row": "W5", "unit": "ms", "judged": "ours", "against": "posix_spawn of true"}
    listens = Figure(name="clusterd listens", ours=[], command="clusterd --listen …", **facts)
    answers = Figure(name="clusterd answers Describe", ours=[], gate=50, aim=25,
                     command="clusterd --listen …; check", **facts)
    calls = Figure(name="clustershell -c, to its first call", ours=[], gate=30, aim=15,
                   command="clustershell -c '@ true'", **facts)
    whole = Figure(name="clustershell -c '@ true', whole", ours=[], command="clustershell -c '@ true'", **facts)
    for _ in size.rounds_in_time():
        rounds = [(*clusterd(stage, driver), clustershell_to_call(stage), clustershell_whole(stage))
                  for _ in range(size.starts)]
        true = stage.driver.do("bare_spawn", size.starts)["p50_us"] / 1000
        for figure, numbers in zip((listens, answers, calls, whole), zip(*rounds)):
            figure.ours.append(statistics.median(numbers))
            figure.baseline.append(true)
            figure.verified += len(numbers)
    yield from (listens, answers, calls, whole)
