"""@ClusterAPI.program: a function becomes a command of clustershell."""

MARK = "__muster_program__"


def program(function=None, *, name=None):
    """Marks a function as a program of clustershell, where its file lies in a folder of programs
    (docs/programs.md). It is called with the cluster (as of connect()) and the words of the line, as texts. The
    first line of its docstring is what `help` shows of it. What it returns is the exit code; None is 0.

        @ClusterAPI.program
        def greet(cluster, whom="world"):
            '''greet [WHOM] - says hello on every node'''
            for node, text in cluster.run(lambda: f"hello {whom}").items():
                print(node, text)

    name: what the command is called; otherwise as the function
    """
    if function is None:
        return lambda decorated: program(decorated, name=name)
    if not callable(function):
        raise TypeError(f"a program has to be a function, and not {function!r}; its name is given as name=")
    setattr(function, MARK, name or function.__name__)
    return function
