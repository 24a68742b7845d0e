#include "provision/python/python_watch.h"

#include <absl/strings/numbers.h>

#include <memory>
#include <utility>

#include "provision/python/foreign_object.h"

namespace muster::python_module {

provision::Watch MakeWatch(pybind11::object watcher) {
  const auto object = std::make_shared<ForeignObject>(std::move(watcher));
  provision::Watch made;
  made.on_step = [object](const provision::NodeStep& step) {
    object->Call("step", {step.node, NameOf(step.state), step.text}).IgnoreError();
  };
  made.on_note = [object](const std::string& text) {
    object->Call("step", {"", "failed", text}).IgnoreError();
  };
  made.interrupts = [object] {
    int times = 0;
    return absl::SimpleAtoi(object->Call("interrupts", {}).value_or("0"), &times) ? times : 0;
  };
  return made;
}

}  // namespace muster::python_module
