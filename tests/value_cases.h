// Values of Python with which every way that a value goes is tried. Arrays stand apart: numpy need
// not be there.
#pragma once

#include <string>
#include <vector>

namespace muster::test {

// Names that the cases use, and what compares. `np` is None without numpy.
inline constexpr char kValuePrelude[] = R"python(
import ast, collections, enum, functools, struct, sys
sys.set_int_max_str_digits(0)
try:
    import numpy as np
except ImportError:
    np = None
class Colour(enum.IntEnum):
    RED = 1
Point = collections.namedtuple("Point", "x y")
class Int(int): pass
class Float(float): pass
class Str(str): pass
class Bytes(bytes): pass
class List(list): pass
class Tuple(tuple): pass
class Dict(dict): pass
def nested(depth, wrap=lambda inner: [inner]):
    return functools.reduce(lambda inner, _: wrap(inner), range(depth - 1), wrap(None))
def cyclic(make):
    value = []
    value.append(make(value))
    return value
def bits(number, any_nan):
    return b"nan" if any_nan and number != number else struct.pack("<d", number)
def same(a, b, any_nan=False):
    """Whether they are the same to the last bit and type."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return bits(a, any_nan) == bits(b, any_nan)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y, any_nan) for x, y in zip(a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()), any_nan)
    if np is not None and isinstance(a, np.ndarray):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    return a == b
def plain(value):
    """As its literal has it: an array is a dict."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain, value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if np is not None and isinstance(value, np.ndarray):
        return {"dtype": str(value.dtype), "shape": value.shape, "bytes": value.tobytes()}
    return value
def is_literal(text, value):
    """Whether the text is the literal of the value."""
    value = plain(value)
    if "nan" in text:
        read = eval(text, {"nan": float("nan")})
    else:
        read = ast.literal_eval(text)
    written = ascii(value)
    return text.isascii() and same(read, value, True) and (
        text == written or "inf" in written or "0x" in text)
)python";

inline const std::vector<std::string>& GoodValues() {
  static const auto& kValues = *new std::vector<std::string>{
      "None",
      "True",
      "False",
      "0",
      "-1",
      "23",
      "24",
      "-24",
      "-25",
      "255",
      "256",
      "65535",
      "65536",
      "2**32-1",
      "2**32",
      "2**63-1",
      "2**63",
      "-2**63",
      "-2**63-1",
      "2**64-1",
      "2**64",
      "-2**64",
      "-2**64-1",
      "10**500",
      "-10**500",
      "7**9999",
      "-(10**9)**300",
      "[2**n for n in range(300)]",
      "[-2**n for n in range(300)]",
      "[2**n-1 for n in range(300)]",
      "0.0",
      "-0.0",
      "1.0",
      "-2.5",
      "0.1",
      "1e15",
      "1e16",
      "1.5e16",
      "123456789012345680.0",
      "1e-4",
      "1.25e-4",
      "1e-5",
      "1e22",
      "1e23",
      "2.0**-44",
      "5e-324",
      "2.2250738585072014e-308",
      "1.7976931348623157e308",
      "float('inf')",
      "float('-inf')",
      "float('nan')",
      "-float('nan')",
      "struct.unpack('<d', bytes([1, 2, 3, 4, 5, 6, 0xff, 0xff]))[0]",
      "9007199254740993.0",
      "''",
      "'a'",
      "'it\\'s'",
      "'\"'",
      "'it\\'s \"both\"'",
      "''.join(map(chr, range(300)))",
      "'\\u20ac'",
      "'\\U0001f600\\U0010ffff'",
      "'\\ud800'",
      "'a\\udfffb\\xe9'",
      "'\\ud83d\\ude00'",
      "'\\uffff\\ue000\\ud7ff'",
      "'x' * 200000",
      "'\\xe9' * 200000",
      "'\\u20ac' * 70000",
      "'\\U0001f600' * 70000",
      "'\\ud800' * 70000",
      "b''",
      "bytes(range(256))",
      "b\"it's\"",
      "b'\\'\"'",
      "bytes(200000)",
      "b'abc' * 65536",
      "[]",
      "()",
      "{}",
      "[[]]",
      "((),)",
      "(1,)",
      "[1, [2, (3, {4: [5]})]]",
      "{'z': 1, 'a': 2}",
      "(lambda a: [a, a, (a, a)])([1])",
      "{None: 1, True: 2, 2: 3, 2.5: 4, 'a': 5, b'a': 6, 2**70: 7, '\\ud800': 8, -0.5: 9}",
      "{float('nan'): 1}",
      "list(range(100000))",
      "[b'x' * n for n in range(16380, 16390)]",
      "[b'y' * 65536, 'z' * 65536, 1, b'w' * 65535, 2]",
      "{n: str(n) for n in range(10000)}",
      "nested(100)",
      "nested(100, lambda x: (x,))",
      "nested(100, lambda x: {0: x})",
  };
  return kValues;
}

inline const std::vector<std::string>& GoodArrays() {
  static const auto& kValues = *new std::vector<std::string>{
      "np.arange(6).reshape(2, 3)",
      "np.arange(6).reshape(2, 3).T",
      "np.arange(10)[::-1]",
      "np.arange(24, dtype='i2').reshape(2, 3, 4)[:, ::2, 1::2]",
      "np.zeros((0, 3))",
      "np.zeros((3, 0, 2))",
      "np.array(5.0)",
      "np.zeros(32 * (1,))",
      "np.broadcast_to(np.arange(3), (4, 3))",
      "np.arange(200000.0).reshape(400, 500).T",
      "np.arange(200000.0)",
      "[np.ones(2), {'a': np.ones((1, 1))}]",
      "np.zeros(3, dtype=[('a', 'i1'), ('b', 'i4')])['b']",
      "np.zeros(3, dtype=np.longlong)",
      "np.frombuffer(bytes(range(16)), 'u1')",
      "np.array([float('nan'), -0.0])",
      "[np.arange(5).astype(t) for t in '? i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8 c8 c16'.split()]",
      "nested(100, lambda x: [x if x else np.ones(1)])",
  };
  return kValues;
}

inline const std::vector<std::string>& OtherValues() {
  static const auto& kValues = *new std::vector<std::string>{
      "Colour.RED",
      "Point(1, 2)",
      "collections.OrderedDict()",
      "set()",
      "frozenset()",
      "1j",
      "...",
      "object()",
      "bytearray()",
      "memoryview(b'')",
      "range(3)",
      "int",
      "len",
      "Int(1)",
      "Float(1)",
      "Str('a')",
      "Bytes()",
      "List()",
      "Tuple()",
      "Dict()",
      "{(1,): 2}",
      "{Str('a'): 1}",
      "{1: object()}",
      "[1, 2, [3, Int(4)]]",
      "(1, {2: Colour.RED})",
      "[b'x' * 200000, object()]",
      "nested(101)",
      "nested(101, lambda x: (x,))",
      "nested(101, lambda x: {0: x})",
      "cyclic(lambda a: a)",
      "cyclic(lambda a: [a, a])",
      "cyclic(lambda a: (a, (a, {1: a, 2: a})))",
  };
  return kValues;
}

inline const std::vector<std::string>& OtherArrays() {
  static const auto& kValues = *new std::vector<std::string>{
      "np.zeros(3, '>i4')",
      "np.zeros(3, 'S3')",
      "np.zeros(3, 'U3')",
      "np.zeros(3, object)",
      "np.zeros(3, 'g')",
      "np.zeros(3, 'G')",
      "np.zeros(3, 'M8[s]')",
      "np.zeros(3, 'm8[s]')",
      "np.zeros(3, 'i4,f8')",
      "np.matrix([1])",
      "np.ma.array([1])",
      "np.recarray(1, 'i4')",
      "np.float64(1)",
      "np.int64(1)",
      "np.bool_(True)",
      "{np.int64(1): 1}",
      "type('ndarray', (np.ndarray,), {'__module__': 'numpy'})(3)",
  };
  return kValues;
}

}  // namespace muster::test
