// What a Python caller gave for an option, as the library takes it. Needs the GIL.
#pragma once

#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace muster::python_module {

// Thrown by all of these: RaiseBad() makes the user's exception of it.
struct BadOption {
  enum class Kind { kType, kRange };
  Kind kind = Kind::kType;
  std::string wanted;      // "a number of bytes, 1 or more"
  pybind11::object value;  // the part of what was given that is wrong
  std::string place = {};  // of that part: "[\"PATH\"]"
};

std::chrono::milliseconds ToTime(const pybind11::handle& seconds, bool may_be_zero);
std::uint64_t ToCount(const pybind11::handle& number, const std::string& unit, std::uint64_t least);
int ToRetries(const pybind11::handle& number);
bool ToSwitch(const pybind11::handle& value);
std::string ToText(const pybind11::handle& text);
// Of a str UTF-8, of anything with a buffer its bytes.
std::string ToBytes(const pybind11::handle& data);
std::string ToPath(const pybind11::handle& path);
std::map<std::string, std::string> ToEnvironment(const pybind11::handle& variables);
std::map<std::string, std::uint64_t> ToResources(const pybind11::handle& counts);
Isolation ToIsolation(const pybind11::handle& name);
Leftovers ToLeftovers(const pybind11::handle& name);

// TypeError or ValueError: "the option memory is '1G' (a str); it has to be …".
[[noreturn]] void RaiseBad(const std::string& name, const BadOption& bad);

// As type(object).__name__.
std::string TypeName(const pybind11::handle& object);

}  // namespace muster::python_module
