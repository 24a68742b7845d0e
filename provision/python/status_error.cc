#include "provision/python/status_error.h"

#include <absl/strings/str_cat.h>

#include <string>

#include "common/python/text.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

PyObject* status_error = nullptr;  // lives as long as the interpreter

absl::StatusCode CodeOf(const std::string& name) {
  for (int number = 0; number <= 16; ++number) {
    const auto code = static_cast<absl::StatusCode>(number);
    if (absl::StatusCodeToString(code) == name) return code;
  }
  return absl::StatusCode::kUnknown;
}

}  // namespace

void DefineStatusError(py::module_& module) {
  status_error = ::PyErr_NewException("muster._provision.StatusError", PyExc_RuntimeError, nullptr);
  if (status_error == nullptr) throw py::error_already_set();
  module.attr("StatusError") = py::reinterpret_borrow<py::object>(status_error);
}

void Raise(const absl::Status& status) {
  const std::string message(status.message());
  ::PyErr_SetObject(status_error,
                    py::make_tuple(absl::StatusCodeToString(status.code()), ToStr(message)).ptr());
  throw py::error_already_set();
}

void RaiseUnlessOk(const absl::Status& status) {
  if (!status.ok()) Raise(status);
}

absl::Status ToStatus(py::error_already_set& error) {
  try {
    if (error.matches(status_error)) {
      const py::tuple words = error.value().attr("args");
      if (words.size() == 2) {
        return absl::Status(CodeOf(FromStr(py::str(words[0]))), FromStr(py::str(words[1])));
      }
    }
    return absl::UnknownError(absl::StrCat(FromStr(py::str(error.type().attr("__name__"))), ": ",
                                           FromStr(py::str(error.value()))));
  } catch (py::error_already_set&) {
    return absl::UnknownError("an exception of Python that cannot be told");
  }
}

}  // namespace muster::python_module
