// Text of nodes as Python has it. Needs the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace muster::python_module {

// UTF-8, lone surrogates passed through; what is no UTF-8 is shown as \x.. .
inline pybind11::str ToStr(const std::string& text) {
  const auto size = static_cast<Py_ssize_t>(text.size());
  PyObject* decoded = ::PyUnicode_DecodeUTF8(text.data(), size, "surrogatepass");
  if (decoded == nullptr) {
    ::PyErr_Clear();
    decoded = ::PyUnicode_DecodeUTF8(text.data(), size, "backslashreplace");
  }
  if (decoded == nullptr) throw pybind11::error_already_set();
  return pybind11::reinterpret_steal<pybind11::str>(decoded);
}

// The other way: UTF-8, lone surrogates passed through.
inline std::string FromStr(const pybind11::str& text) {
  Py_ssize_t size = 0;
  if (const char* utf8 = ::PyUnicode_AsUTF8AndSize(text.ptr(), &size)) {
    return {utf8, static_cast<std::size_t>(size)};
  }
  ::PyErr_Clear();
  return text.attr("encode")("utf-8", "surrogatepass").cast<std::string>();
}

}  // namespace muster::python_module
