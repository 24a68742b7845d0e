#include "client/python/python_value.h"

#include <memory>
#include <string>
#include <unordered_map>

#include "common/python/text.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

py::object FromOwned(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

py::object ToInt(const Value& value) {
  const Result<std::int64_t> small = value.as_int();
  if (small) return py::int_(*small);
  const Value::BigInt big = *value.as_big_int();
  py::object number = FromOwned(::_PyLong_FromByteArray(
      reinterpret_cast<const unsigned char*>(big.magnitude.data()), big.magnitude.size(), 0, 0));
  return big.is_negative ? FromOwned(::PyNumber_Negative(number.ptr())) : number;
}

// numpy.frombuffer over bytes that the value keeps: no copy.
py::object ToArray(const Value& value) {
  const Value::Array array = *value.as_array();
  auto* const owner = new Value(value);
  const py::capsule keeper(owner, [](void* kept) { delete static_cast<Value*>(kept); });
  py::list shape;
  for (const std::uint64_t size : array.shape) shape.append(size);
  const py::module_ numpy = py::module_::import("numpy");
  const py::object dtype = numpy.attr("dtype")(array.dtype).attr("newbyteorder")("<");
  const auto address = reinterpret_cast<std::uintptr_t>(array.bytes.data());
  const py::object holder = py::module_::import("ClusterAPI._array")
                                .attr("Lent")(address, py::tuple(shape), dtype.attr("str"), keeper);
  return numpy.attr("asarray")(holder);
}

py::object ToSequence(const Value& value) {
  py::list items(value.size());
  std::size_t index = 0;
  for (const Value& item : value.items()) items[index++] = ToObject(item);
  if (value.kind() == Value::Kind::kTuple) return py::tuple(items);
  return items;
}

py::object ToDict(const Value& value) {
  // A node may choose keys that all have one hash: a dict of them takes the square of their number.
  constexpr int kMostAlike = 1000;
  std::unordered_map<Py_hash_t, int> alike;
  py::dict made;
  for (const auto& [key, item] : value.entries()) {
    const py::object name = ToObject(key);
    if (++alike[py::hash(name)] > kMostAlike) {
      throw py::value_error("a dict of the node has more than 1000 keys with one hash");
    }
    made[name] = ToObject(item);
  }
  return made;
}

}  // namespace

py::object ToObject(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kText:
      return ToStr(value.text());
    case Value::Kind::kNone:
      return py::none();
    case Value::Kind::kBool:
      return py::bool_(*value.as_bool());
    case Value::Kind::kInt:
      return ToInt(value);
    case Value::Kind::kFloat:
      return py::float_(*value.as_double());
    case Value::Kind::kString:
      return ToStr(std::string(*value.as_string()));
    case Value::Kind::kBytes:
      return py::bytes(std::string(*value.as_bytes()));
    case Value::Kind::kList:
    case Value::Kind::kTuple:
      return ToSequence(value);
    case Value::Kind::kDict:
      return ToDict(value);
    case Value::Kind::kArray:
      return ToArray(value);
  }
  return py::none();
}

}  // namespace muster::python_module
