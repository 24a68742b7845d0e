#include "provision/python/native_call.h"

#include <chrono>
#include <utility>

#include "common/python/gil.h"
#include "common/python/text.h"
#include "provision/python/status_error.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

std::chrono::milliseconds ToTime(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

[[noreturn]] void RaisePlain(const Status& status) {
  Raise(absl::UnavailableError(status.message()));
}

// (whether it is stdout, bytes); None: there will be no more; False: nothing came in that time.
py::object Next(Call& call, double seconds) {
  std::optional<Event> event;
  if (!WithoutGil([&] { return call.next_for(ToTime(seconds), &event); })) return py::bool_(false);
  if (!event) return py::none();
  return py::make_tuple(event->stream == Event::Stream::kStdout, py::bytes(event->data));
}

// (word of its kind, exit code, signal, one line); None: it has not ended in that time.
py::object Outcome(Call& call, double seconds) {
  const muster::Outcome* outcome = WithoutGil([&] { return call.wait_for(ToTime(seconds)); });
  if (outcome == nullptr) return py::none();
  return py::make_tuple(word(outcome->kind), outcome->exit_code, outcome->signal,
                        ToStr(outcome->describe()));
}

}  // namespace

NativeConnection::NativeConnection(const std::string& cluster, const std::string& node,
                                   const std::string& address) {
  Result<ClusterAPI> made = ClusterAPI::of({{node, address}}, cluster);
  if (!made.ok()) RaisePlain(made.status());
  cluster_ = *std::move(made);
}

NativeConnection::~NativeConnection() {
  if (::PyGILState_Check() == 0) return;
  WithoutGil([&] {
    cluster_.reset();
    return 0;
  });
}

py::object NativeConnection::Check(double seconds) const {
  const ClusterCheck check = WithoutGil([&] { return cluster_->clustercheck(ToTime(seconds)); });
  for (const NodeCheck& node : check.nodes) {
    if (!node.functional) return ToStr(node.reason);
  }
  return py::none();
}

Call NativeConnection::Run(const std::string& node, const std::string& line, double deadline,
                           bool has_terminal) {
  ExecuteOptions options;
  if (deadline > 0) options.deadline = ToTime(deadline);
  std::optional<Terminal> terminal;
  if (has_terminal) terminal.emplace();
  return WithoutGil(
      [&] { return cluster_->interact(Target(node), shell(line), options, terminal); });
}

void DefineCall(py::module_& module) {
  py::class_<NativeConnection>(module, "Connection")
      .def(py::init<const std::string&, const std::string&, const std::string&>())
      .def("check", &NativeConnection::Check)
      .def("run", &NativeConnection::Run);
  py::class_<Call>(module, "Call")
      .def("next", &Next)
      .def("outcome", &Outcome)
      .def("write",
           [](Call& call, const py::bytes& data) {
             const std::string text = data;
             return WithoutGil([&] { return call.write(text); });
           })
      .def("close_input",
           [](Call& call) {
             WithoutGil([&] {
               call.close_input();
               return 0;
             });
           })
      .def("cancel", [](Call& call) { call.cancel(); });
}

}  // namespace muster::python_module
