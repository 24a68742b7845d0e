#include "server/worker/value_array.h"

#include <string.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "server/worker/value_format.h"

namespace muster::server {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays travel in little endian");

constexpr std::size_t kChunk = 16 << 10;

struct ElementType {
  const char* dtype;
  std::string_view codes;  // of the buffer protocol; 'Z' stands before the code of a complex one
  std::size_t size;
};

constexpr ElementType kElementTypes[] = {
    {"bool", "?", 1},      {"int8", "b", 1},     {"uint8", "B", 1},     {"int16", "hilq", 2},
    {"uint16", "HILQ", 2}, {"int32", "hilq", 4}, {"uint32", "HILQ", 4}, {"int64", "hilq", 8},
    {"uint64", "HILQ", 8}, {"float16", "e", 2},  {"float32", "f", 4},   {"float64", "d", 8},
};
constexpr ElementType kComplexTypes[] = {{"complex64", "f", 8}, {"complex128", "d", 16}};

const ElementType* TypeOf(const Py_buffer& view) {
  std::string_view format = view.format == nullptr ? "B" : view.format;
  // All of them native here.
  if (!format.empty() && std::string_view("@=<").find(format[0]) != format.npos) {
    format.remove_prefix(1);
  }
  const bool is_complex = format.size() == 2 && format[0] == 'Z';
  if (is_complex) format.remove_prefix(1);
  if (format.size() != 1) return nullptr;
  const auto matches = [&](const ElementType& type) {
    return type.codes.find(format[0]) != type.codes.npos &&
           static_cast<Py_ssize_t>(type.size) == view.itemsize;
  };
  if (is_complex) {
    const auto* const found =
        std::find_if(std::begin(kComplexTypes), std::end(kComplexTypes), matches);
    return found == std::end(kComplexTypes) ? nullptr : found;
  }
  const auto* const found =
      std::find_if(std::begin(kElementTypes), std::end(kElementTypes), matches);
  return found == std::end(kElementTypes) ? nullptr : found;
}

class ArrayPayload : public ValuePayload {
 public:
  explicit ArrayPayload(const Py_buffer& view) : view_(view) {}
  ~ArrayPayload() override { PyBuffer_Release(&view_); }
  std::size_t size() const override { return static_cast<std::size_t>(view_.len); }
  void Read(const Take& take) const override {
    const auto* const data = static_cast<const char*>(view_.buf);
    if (view_.len == 0) return;
    if (PyBuffer_IsContiguous(&view_, 'C')) {
      take(std::string_view(data, size()));
      return;
    }
    std::string chunk;
    ReadFrom(0, data, chunk, take);
    if (!chunk.empty()) take(chunk);
  }

 private:
  // One dimension after the other, from the outermost.
  void ReadFrom(int dimension, const char* data, std::string& chunk, const Take& take) const {
    const Py_ssize_t stride = view_.strides[dimension];
    for (Py_ssize_t i = 0; i < view_.shape[dimension]; ++i, data += stride) {
      if (dimension + 1 < view_.ndim) {
        ReadFrom(dimension + 1, data, chunk, take);
        continue;
      }
      chunk.append(data, static_cast<std::size_t>(view_.itemsize));
      if (chunk.size() < kChunk) continue;
      take(chunk);
      chunk.clear();
    }
  }

  mutable Py_buffer view_;  // PyBuffer_IsContiguous changes nothing
};

bool Describe(const Py_buffer& view, ArrayShape& shape) {
  const ElementType* const type = TypeOf(view);
  if (type == nullptr || view.ndim > static_cast<int>(kMaxDimensions)) return false;
  shape.dtype = type->dtype;
  shape.sizes.assign(view.shape, view.shape + view.ndim);
  return shape.Bytes() == static_cast<std::size_t>(view.len);
}

}  // namespace

std::optional<std::size_t> ArrayShape::Bytes() const {
  std::uint64_t bytes = 0;
  for (const ElementType& type : kElementTypes) {
    if (dtype == type.dtype) bytes = type.size;
  }
  for (const ElementType& type : kComplexTypes) {
    if (dtype == type.dtype) bytes = type.size;
  }
  if (bytes == 0 || sizes.size() > kMaxDimensions) return std::nullopt;
  bool is_empty = false;
  for (const std::uint64_t size : sizes) {
    // As numpy counts: the others have to fit all the same.
    if (size == 0) is_empty = true;
    if (size != 0 && __builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
    if (bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return std::nullopt;
    }
  }
  return is_empty ? 0 : bytes;
}

bool IsArray(PyObject* object) {
  // Every class that Python code makes is on the heap; this name alone would prove nothing.
  const PyTypeObject* const type = Py_TYPE(object);
  return !PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE) &&
         ::strcmp(type->tp_name, "numpy.ndarray") == 0;
}

std::unique_ptr<ValuePayload> MakeArrayPayload(PyObject* array, ArrayShape& shape) {
  Py_buffer view;
  if (PyObject_GetBuffer(array, &view, PyBUF_FORMAT | PyBUF_STRIDES) != 0) {
    PyErr_Clear();  // it holds objects, times, …
    return nullptr;
  }
  auto payload = std::make_unique<ArrayPayload>(view);
  if (!Describe(view, shape)) return nullptr;
  return payload;
}

PyObject* MakeArray(const ArrayShape& shape, std::string_view bytes) {
  PyObject* const sizes = PyTuple_New(static_cast<Py_ssize_t>(shape.sizes.size()));
  if (sizes == nullptr) return nullptr;
  for (std::size_t i = 0; i < shape.sizes.size(); ++i) {
    PyTuple_SET_ITEM(sizes, static_cast<Py_ssize_t>(i),
                     PyLong_FromUnsignedLongLong(shape.sizes[i]));
  }
  PyObject* const numpy = PyErr_Occurred() ? nullptr : PyImport_ImportModule("numpy");
  PyObject* array = numpy == nullptr
                        ? nullptr
                        : PyObject_CallMethod(numpy, "empty", "Os", sizes, shape.dtype.c_str());
  Py_XDECREF(numpy);
  Py_DECREF(sizes);
  if (array == nullptr) return nullptr;
  Py_buffer view;
  if (PyObject_GetBuffer(array, &view, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS) != 0) {
    Py_DECREF(array);
    return nullptr;
  }
  if (static_cast<std::size_t>(view.len) == bytes.size()) {
    if (!bytes.empty()) ::memcpy(view.buf, bytes.data(), bytes.size());
  } else {
    PyErr_SetString(PyExc_ValueError, "numpy made an array of another size");
    Py_CLEAR(array);
  }
  PyBuffer_Release(&view);
  return array;
}

}  // namespace muster::server
