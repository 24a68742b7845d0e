#include "provision/python/foreign_object.h"

#include "common/python/gil.h"
#include "common/python/text.h"
#include "provision/python/status_error.h"

namespace py = pybind11;

namespace muster::python_module {

ForeignObject::~ForeignObject() {
  if (::Py_IsInitialized() == 0) return;  // it went with the interpreter
  WithGil([this] {
    Py_DECREF(object_);
    return 0;
  });
}

absl::StatusOr<std::string> ForeignObject::Call(const char* method,
                                                const std::vector<std::string>& words) const {
  return WithGil([&]() -> absl::StatusOr<std::string> {
    try {
      py::tuple arguments(words.size());
      for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = ToStr(words[i]);
      const py::object answer = py::handle(object_).attr(method)(*arguments);
      if (answer.is_none()) return std::string();
      return FromStr(py::str(answer));
    } catch (py::error_already_set& error) {
      return ToStatus(error);
    }
  });
}

}  // namespace muster::python_module
