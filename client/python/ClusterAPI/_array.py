"""Arrays of nodes as numpy reads them: through its array interface, without a copy."""


class Lent:
    """Memory that somebody else keeps, for as long as an array of it lives."""

    def __init__(self, address, shape, typestr, keeper):
        self.keeper = keeper
        # https://numpy.org/doc/stable/reference/arrays.interface.html, version 3; True: read-only.
        # Of nothing there is no address that numpy takes.
        if 0 in shape:
            import numpy
            self._empty = numpy.zeros(shape, typestr)
            self.__array_interface__ = self._empty.__array_interface__
        else:
            self.__array_interface__ = {"version": 3, "data": (address, True), "shape": shape,
                                        "typestr": typestr}
