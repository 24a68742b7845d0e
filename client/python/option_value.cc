#include "client/python/option_value.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/python/text.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

using Kind = BadOption::Kind;

py::object Borrow(const py::handle& value) { return py::reinterpret_borrow<py::object>(value); }

[[noreturn]] void Throw(Kind kind, std::string wanted, const py::handle& value) {
  throw BadOption{kind, std::move(wanted), Borrow(value)};
}

std::string WantedCount(const std::string& unit, std::uint64_t least) {
  return "a number of " + unit + ", " + std::to_string(least) + " or more";
}

// A whole number of Python's, or numpy's; true and false are none.
py::object ToIndex(const py::handle& number, const std::string& wanted) {
  if (PyBool_Check(number.ptr()) || ::PyIndex_Check(number.ptr()) == 0) {
    Throw(Kind::kType, wanted, number);
  }
  PyObject* const index = ::PyNumber_Index(number.ptr());
  if (index == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(index);
}

}  // namespace

std::chrono::milliseconds ToTime(const py::handle& seconds, bool may_be_zero) {
  const std::string wanted =
      may_be_zero ? "a number of seconds, 0 or more" : "a number of seconds above 0";
  if (PyBool_Check(seconds.ptr()) || ::PyNumber_Check(seconds.ptr()) == 0) {
    Throw(Kind::kType, wanted, seconds);
  }
  const double value = ::PyFloat_AsDouble(seconds.ptr());
  if (value == -1 && ::PyErr_Occurred() != nullptr) {
    ::PyErr_Clear();
    Throw(Kind::kType, wanted, seconds);
  }
  if (!(may_be_zero ? value >= 0 : value > 0)) Throw(Kind::kRange, wanted, seconds);
  constexpr double kLongest = 1e12;
  return std::chrono::milliseconds(std::llround(std::ceil(std::min(value, kLongest) * 1000)));
}

std::uint64_t ToCount(const py::handle& number, const std::string& unit, std::uint64_t least) {
  const std::string wanted = WantedCount(unit, least);
  const py::object index = ToIndex(number, wanted);
  const std::uint64_t value = ::PyLong_AsUnsignedLongLong(index.ptr());
  const bool is_beyond = value == static_cast<std::uint64_t>(-1) && ::PyErr_Occurred() != nullptr;
  if (is_beyond) ::PyErr_Clear();
  if (is_beyond && index < py::int_(0)) Throw(Kind::kRange, wanted, number);
  if (is_beyond) Throw(Kind::kRange, wanted + ", and below 2**64", number);
  if (value < least) Throw(Kind::kRange, wanted, number);
  return value;
}

int ToRetries(const py::handle& number) {
  constexpr int kMost = 100;
  const std::string wanted = "a number from 0 to 100";
  const py::object index = ToIndex(number, wanted);
  const long value = ::PyLong_AsLong(index.ptr());
  if (value == -1) ::PyErr_Clear();
  if (value < 0 || value > kMost) Throw(Kind::kRange, wanted, number);
  return static_cast<int>(value);
}

bool ToSwitch(const py::handle& value) {
  if (!PyBool_Check(value.ptr())) Throw(Kind::kType, "True or False", value);
  return value.ptr() == Py_True;
}

std::string ToText(const py::handle& text) {
  if (!py::isinstance<py::str>(text)) Throw(Kind::kType, "a str", text);
  return FromStr(py::reinterpret_borrow<py::str>(text));
}

std::string ToBytes(const py::handle& data) {
  if (py::isinstance<py::str>(data)) return FromStr(py::reinterpret_borrow<py::str>(data));
  Py_buffer buffer;
  if (::PyObject_GetBuffer(data.ptr(), &buffer, PyBUF_SIMPLE) != 0) {
    ::PyErr_Clear();
    Throw(Kind::kType, "a str, or bytes", data);
  }
  std::string bytes(static_cast<const char*>(buffer.buf), static_cast<std::size_t>(buffer.len));
  ::PyBuffer_Release(&buffer);
  return bytes;
}

std::string ToPath(const py::handle& path) {
  PyObject* encoded = nullptr;
  if (::PyUnicode_FSConverter(path.ptr(), static_cast<void*>(&encoded)) == 0) {
    const bool is_type = ::PyErr_ExceptionMatches(PyExc_TypeError) != 0;
    ::PyErr_Clear();
    Throw(is_type ? Kind::kType : Kind::kRange,
          "a path without NUL: a str, bytes or a pathlib.Path", path);
  }
  return py::reinterpret_steal<py::bytes>(encoded).cast<std::string>();
}

std::map<std::string, std::string> ToEnvironment(const py::handle& variables) {
  const std::string wanted = "a dict of names and values, which are str or bytes";
  if (!py::isinstance(variables, py::module_::import("collections.abc").attr("Mapping"))) {
    Throw(Kind::kType, wanted, variables);
  }
  std::map<std::string, std::string> environment;
  for (const auto& [name, value] : py::dict(Borrow(variables))) {
    if (!py::isinstance<py::str>(name)) Throw(Kind::kType, wanted, name);
    try {
      environment[ToText(name)] = ToBytes(value);
    } catch (BadOption& bad) {
      bad.place = "[" + py::repr(name).cast<std::string>() + "]";
      throw;
    }
  }
  return environment;
}

std::map<std::string, std::uint64_t> ToResources(const py::handle& counts) {
  const std::string wanted = "a dict of names and whole numbers from 1, as {\"gpu\": 1}";
  if (!py::isinstance<py::dict>(counts)) Throw(Kind::kType, wanted, counts);
  std::map<std::string, std::uint64_t> resources;
  for (const auto& [name, count] : py::dict(Borrow(counts))) {
    if (!py::isinstance<py::str>(name)) Throw(Kind::kType, wanted, name);
    try {
      resources[ToText(name)] = ToCount(count, "slots", 1);
    } catch (BadOption& bad) {
      bad.place = "[" + py::repr(name).cast<std::string>() + "]";
      throw;
    }
  }
  return resources;
}

Isolation ToIsolation(const py::handle& name) {
  const std::string wanted = R"("worker" or "fresh")";
  if (!py::isinstance<py::str>(name)) Throw(Kind::kType, wanted, name);
  const std::string word = ToText(name);
  if (word == "worker") return Isolation::kWorker;
  if (word == "fresh") return Isolation::kFresh;
  Throw(Kind::kRange, wanted, name);
}

Leftovers ToLeftovers(const py::handle& name) {
  const std::string wanted = R"("own_session", "reap" or "keep")";
  if (!py::isinstance<py::str>(name)) Throw(Kind::kType, wanted, name);
  const std::string word = ToText(name);
  if (word == "own_session") return Leftovers::kOwnSession;
  if (word == "reap") return Leftovers::kReap;
  if (word == "keep") return Leftovers::kKeep;
  Throw(Kind::kRange, wanted, name);
}

void RaiseBad(const std::string& name, const BadOption& bad) {
  // Shortened: who gave megabytes need not read them.
  const py::object shown = py::module_::import("reprlib").attr("repr")(bad.value);
  std::string why = "the option " + name + bad.place + " is " + FromStr(py::str(shown));
  if (bad.kind == Kind::kType) why += " (" + TypeName(bad.value) + ")";
  why += "; it has to be " + bad.wanted;
  PyObject* const kind = bad.kind == Kind::kType ? PyExc_TypeError : PyExc_ValueError;
  ::PyErr_SetObject(kind, ToStr(why).ptr());
  throw py::error_already_set();
}

std::string TypeName(const py::handle& object) {
  return py::str(py::type::of(object).attr("__name__")).cast<std::string>();
}

}  // namespace muster::python_module
