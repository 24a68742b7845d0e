// ForeignObject: an object of Python that C++ calls from any of its threads, texts in and a text
// out (the adapters of muster/_foreign.py). Thread-safe; may be let go on any thread.
#pragma once

#include <absl/status/statusor.h>
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

namespace muster::python_module {

class ForeignObject {
 public:
  explicit ForeignObject(pybind11::object object) : object_(object.release().ptr()) {}
  ForeignObject(const ForeignObject&) = delete;
  ForeignObject& operator=(const ForeignObject&) = delete;
  ~ForeignObject();

  // What object.method(*words) returned, a str; None is "". What it raised is the status.
  absl::StatusOr<std::string> Call(const char* method, const std::vector<std::string>& words) const;

 private:
  PyObject* const object_;
};

}  // namespace muster::python_module
