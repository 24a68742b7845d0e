// pybind11 first: Python.h has to come before the standard headers.
#include <pybind11/pybind11.h>

#include "server/worker/value_decoder.h"

#include <bit>
#include <cstdint>
#include <string>

#include "server/worker/value_array.h"
#include "server/worker/value_format.h"

namespace py = pybind11;

namespace muster::server {
namespace {

enum Major : std::uint8_t {
  kUnsigned = 0,
  kNegative = 1,
  kBytes = 2,
  kText = 3,
  kArray = 4,
  kMap = 5,
  kTag = 6,
  kSimple = 7,
};

struct Head {
  std::uint8_t major = 0;
  std::uint8_t width = 0;  // bytes that the argument takes after the first one
  std::uint64_t argument = 0;
};

py::object Owned(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

// Throws error_already_set for everything that is wrong.
class Decoder {
 public:
  explicit Decoder(std::string_view data) : data_(data) {}

  py::object All() {
    py::object value = Item(0);
    if (at_ != data_.size()) Reject("more follows the value");
    return value;
  }

 private:
  [[noreturn]] void Reject(const char* what) const {
    PyErr_Format(PyExc_ValueError, "not a value: byte %zu: %s", at_, what);
    throw py::error_already_set();
  }

  std::string_view Take(std::uint64_t size) {
    if (size > data_.size() - at_) Reject("it ends too early");
    const std::string_view taken = data_.substr(at_, size);
    at_ += size;
    return taken;
  }

  Head TakeHead() {
    const auto first = static_cast<std::uint8_t>(Take(1)[0]);
    Head head{static_cast<std::uint8_t>(first >> 5), 0, static_cast<std::uint64_t>(first & 31)};
    if (head.argument < 24) return head;
    if (head.argument > 27) Reject("a length that is not told, or a reserved one");
    head.width = static_cast<std::uint8_t>(1u << (head.argument - 24));
    head.argument = 0;
    for (const char byte : Take(head.width)) {
      head.argument = head.argument << 8 | static_cast<std::uint8_t>(byte);
    }
    return head;
  }

  Head TakeHead(Major major) {
    const Head head = TakeHead();
    if (head.major != major) Reject("something else is expected here");
    return head;
  }

  // Every item takes a byte or more. What the containers around still have to come is counted in:
  // lists in lists cannot each claim all the bytes there are.
  void Promise(std::uint64_t items) {
    if (items > data_.size() - at_ || owed_ > data_.size() - at_ - items) {
      Reject("more items than bytes");
    }
    owed_ += items;
  }

  py::object Item(int depth) {
    const Head head = TakeHead();
    switch (head.major) {
      case kArray:
        return List(head.argument, depth);
      case kMap:
        return Dict(head.argument, depth);
      case kTag:
        if (head.argument == kTagTuple) return Tuple(TakeHead(kArray).argument, depth);
        if (head.argument == kTagArray) return Array();
        break;
      default:
        break;
    }
    return Scalar(head);
  }

  py::object Scalar(const Head& head) {
    switch (head.major) {
      case kUnsigned:
        return Owned(PyLong_FromUnsignedLongLong(head.argument));
      case kNegative:
        return Inverted(Owned(PyLong_FromUnsignedLongLong(head.argument)));
      case kBytes: {
        const std::string_view bytes = Take(head.argument);
        return Owned(
            PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
      }
      case kText:
        return Text(Take(head.argument), "strict");
      case kTag:
        return Tagged(head.argument);
      case kSimple:
        return Simple(head);
      default:
        Reject("a key is a scalar");
    }
  }

  py::object Simple(const Head& head) {
    if (head.width == sizeof(double))
      return Owned(PyFloat_FromDouble(std::bit_cast<double>(head.argument)));
    if (head.width != 0) Reject("a simple value that none of ours is");
    switch (head.argument) {
      case 20:
        return py::bool_(false);
      case 21:
        return py::bool_(true);
      case 22:
        return py::none();
      default:
        Reject("a simple value that none of ours is");
    }
  }

  py::object Tagged(std::uint64_t tag) {
    if (tag != kTagPositiveBig && tag != kTagNegativeBig && tag != kTagSurrogates) {
      Reject("a tag that none of ours is");
    }
    const std::string_view bytes = Take(TakeHead(kBytes).argument);
    if (tag == kTagSurrogates) return Text(bytes, "surrogatepass");
    py::object number = Owned(_PyLong_FromByteArray(
        reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), 0, 0));
    return tag == kTagNegativeBig ? Inverted(number) : number;
  }

  py::object Text(std::string_view bytes, const char* errors) {
    PyObject* const text =
        PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), errors);
    if (text == nullptr && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
      PyErr_Clear();
      Reject("text that is not UTF-8");
    }
    return Owned(text);
  }

  static py::object Inverted(const py::object& number) {
    return Owned(PyNumber_Invert(number.ptr()));
  }

  void CheckDepth(int depth) const {
    if (depth >= kMaxValueDepth) Reject("too deep");
  }

  py::object List(std::uint64_t count, int depth) {
    CheckDepth(depth);
    Promise(count);
    py::object list = Owned(PyList_New(static_cast<Py_ssize_t>(count)));
    for (std::uint64_t i = 0; i < count; ++i) {
      --owed_;
      PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), Item(depth + 1).release().ptr());
    }
    return list;
  }

  py::object Tuple(std::uint64_t count, int depth) {
    CheckDepth(depth);
    Promise(count);
    py::object tuple = Owned(PyTuple_New(static_cast<Py_ssize_t>(count)));
    for (std::uint64_t i = 0; i < count; ++i) {
      --owed_;
      PyTuple_SET_ITEM(tuple.ptr(), static_cast<Py_ssize_t>(i), Item(depth + 1).release().ptr());
    }
    return tuple;
  }

  py::object Dict(std::uint64_t count, int depth) {
    CheckDepth(depth);
    Promise(count);
    py::object dict = Owned(PyDict_New());
    for (std::uint64_t i = 0; i < count; ++i) {
      --owed_;
      const py::object key = Scalar(TakeHead());
      const py::object value = Item(depth + 1);
      if (PyDict_SetItem(dict.ptr(), key.ptr(), value.ptr()) != 0) throw py::error_already_set();
      if (PyDict_GET_SIZE(dict.ptr()) != static_cast<Py_ssize_t>(i + 1))
        Reject("a key comes twice");
    }
    return dict;
  }

  py::object Array() {
    if (TakeHead(kArray).argument != 3) Reject("an array has three parts");
    ArrayShape shape;
    shape.dtype = Take(TakeHead(kText).argument);
    const std::uint64_t dimensions = TakeHead(kArray).argument;
    if (dimensions > kMaxDimensions) Reject("too many dimensions");
    for (std::uint64_t i = 0; i < dimensions; ++i)
      shape.sizes.push_back(TakeHead(kUnsigned).argument);
    const std::string_view bytes = Take(TakeHead(kBytes).argument);
    if (shape.Bytes() != bytes.size()) Reject("an array's bytes are not what its shape says");
    return Owned(MakeArray(shape, bytes));
  }

  const std::string_view data_;
  std::size_t at_ = 0;
  std::uint64_t owed_ = 0;  // items of the containers that are open
};

}  // namespace

PyObject* DecodeValue(std::string_view data) {
  try {
    return Decoder(data).All().release().ptr();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  }
  return nullptr;
}

}  // namespace muster::server
