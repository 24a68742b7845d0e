// The Python module ClusterAPI, in its first form: the functions that programs for the cluster have
// always called. Callable from several threads at once: the GIL is free while a node works.
#include <ClusterAPI.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "client/python/gil.h"
#include "client/python/output_writer.h"
#include "client/python/remote_error.h"
#include "client/python/shared_cluster.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

// How soon Ctrl-C is seen.
constexpr std::chrono::milliseconds kSlice(100);

constexpr char kModuleDoc[] =
    "Runs Python on the nodes of a cluster.\n"
    "\n"
    "The cluster is the one of the configuration: the file that MUSTER_CONFIG names,\n"
    "./cluster.conf, ~/.config/muster/cluster.conf or /etc/muster/cluster.conf, the first that is\n"
    "there; without one, the clusterd of this machine. It is connected at first use.\n"
    "\n"
    "    import ClusterAPI\n"
    "    ClusterAPI.execute(1, \"1+1\", 0)    # '2'\n";

constexpr char kCheckDoc[] =
    "clustercheck() -> bool\n"
    "\n"
    "Whether all nodes of the cluster are functional. Asks them all at once; takes 2 seconds at\n"
    "most.";

constexpr char kLengthDoc[] =
    "getClusterLength() -> int\n"
    "\n"
    "The number of nodes of the cluster. getClusterLenght is the same, in its old spelling.";

constexpr char kExecuteDoc[] =
    "execute(server, command, highValue=0) -> str\n"
    "\n"
    "Runs Python on one node and returns str() of its value: the value of a last expression; an\n"
    "empty string when there is none. Statements run, and what they print appears here as it is\n"
    "printed there. Waits for the end; other threads go on.\n"
    "\n"
    "server: the node, counted from 1, or its name\n"
    "command: Python source, at most 3 MiB\n"
    "highValue: accepted for old programs; a result of any size arrives whole\n"
    "\n"
    "Raises RemoteError when it did not end well, with the node's traceback; when the server does\n"
    "not exist; when the node cannot be reached. Ctrl-C stops the command on the node.";

py::module_ Self() { return py::module_::import("ClusterAPI"); }

std::shared_ptr<ClusterAPI> Connected() {
  Result<std::shared_ptr<ClusterAPI>> cluster = WithoutGil([] { return TheCluster().Get(); });
  if (!cluster.ok()) {
    ::PyErr_SetObject(PyExc_RuntimeError, ToStr(cluster.status().message()).ptr());
    throw py::error_already_set();
  }
  return *cluster;
}

bool CheckCluster() {
  const std::shared_ptr<ClusterAPI> cluster = Connected();
  return WithoutGil([&] { return static_cast<bool>(cluster->clustercheck()); });
}

int ClusterLength() { return Connected()->getClusterLength(); }

Target ToTarget(const py::object& server) {
  if (py::isinstance<py::str>(server)) return {server.cast<std::string>()};
  if (!::PyIndex_Check(server.ptr())) {
    throw py::type_error("server has to be a number from 1, or the name of a node, and not " +
                         std::string(py::str(server.get_type().attr("__name__"))));
  }
  // A number beyond int is beyond any cluster: it is refused like any other that is too large.
  const Py_ssize_t index = ::PyNumber_AsSsize_t(server.ptr(), nullptr);
  if (index == -1 && ::PyErr_Occurred() != nullptr) throw py::error_already_set();
  constexpr Py_ssize_t kMost = 2147483647;
  return {static_cast<int>(std::clamp<Py_ssize_t>(index, -kMost, kMost))};
}

std::string ToSource(const py::str& command) {
  const py::object bytes = command.attr("encode")("utf-8", "surrogatepass");
  return bytes.cast<std::string>();
}

// Prints output as it comes, until the call has ended.
void Follow(Call& call) {
  OutputWriter writer;
  for (;;) {
    std::optional<Event> event;
    const bool is_event = WithoutGil([&] { return call.next_for(kSlice, &event); });
    if (is_event && !event) return;
    if (is_event) writer.Write(*event);
    if (::PyErr_CheckSignals() != 0) {
      // The node goes on stopping it, with all its grace, while the caller handles the interrupt.
      call.cancel();
      call.detach();
      throw py::error_already_set();
    }
  }
}

py::str Execute(const py::object& server, const py::str& command,
                const py::object& /*high_value*/) {
  const Target target = ToTarget(server);
  const Command source = python(ToSource(command), Command::Form::kStr);
  const std::shared_ptr<ClusterAPI> cluster = Connected();
  Call call = WithoutGil([&] { return cluster->execute(target, source); });
  Follow(call);
  const Outcome& outcome = call.wait();  // has ended: no waiting
  if (!outcome.ok()) RaiseRemoteError(Self(), outcome);
  return ToStr(outcome.value().text());
}

}  // namespace
}  // namespace muster::python_module

PYBIND11_MODULE(ClusterAPI, module) {
  using namespace muster::python_module;
  module.doc() = kModuleDoc;
  module.attr("__version__") = muster::version();
  DefineRemoteError(module);
  py::options options;
  options.disable_function_signatures();  // the docstrings say it better
  module.def("clustercheck", &CheckCluster, kCheckDoc);
  module.def("getClusterLength", &ClusterLength, kLengthDoc);
  module.def("getClusterLenght", &ClusterLength, kLengthDoc);
  module.def("execute", &Execute, kExecuteDoc, py::arg("server"), py::arg("command"),
             py::arg("highValue") = 0);
}
