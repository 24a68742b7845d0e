"""What turns while somebody waits: nothing, here."""


class Spinner:
    """start() and stop(); the log says what happens."""

    def start(self):
        return self

    def stop(self):
        pass

    __enter__ = start

    def __exit__(self, *_):
        self.stop()
