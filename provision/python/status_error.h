// absl::Status as an exception of Python, and back: muster._provision.StatusError(code, message),
// the code as "NOT_FOUND". All need the GIL.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <pybind11/pybind11.h>

#include <utility>

namespace muster::python_module {

void DefineStatusError(pybind11::module_& module);

// Raises it; only of a status that is not ok.
[[noreturn]] void Raise(const absl::Status& status);
void RaiseUnlessOk(const absl::Status& status);
template <typename T>
T ValueOf(absl::StatusOr<T> result) {
  if (!result.ok()) Raise(result.status());
  return *std::move(result);
}

// What Python raised; of a StatusError what it was made with, of anything else Unknown.
absl::Status ToStatus(pybind11::error_already_set& error);

}  // namespace muster::python_module
