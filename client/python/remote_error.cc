#include "client/python/remote_error.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

constexpr char kName[] = "RemoteError";
constexpr char kDoc[] =
    "What ran on a node, or should have, did not end well. str() is one line that names the node.\n"
    "\n"
    "node: the node's name; empty when the server that was asked for does not exist\n"
    "kind: how it ended: failed, signalled, timed_out, cancelled, out_of_memory, limit,\n"
    "    start_failed, refused, unreachable, lost, skipped or unkillable\n"
    "reason: one line, as \"ZeroDivisionError: division by zero (line 1)\"\n"
    "traceback: the traceback of the node's Python; empty when there is none";

}  // namespace

py::str ToStr(const std::string& text) {
  PyObject* decoded =
      ::PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogatepass");
  if (decoded == nullptr) {
    // Not UTF-8 at all, which Python's own text cannot be: show the bytes rather than nothing.
    ::PyErr_Clear();
    decoded = ::PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()),
                                     "backslashreplace");
  }
  if (decoded == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(decoded);
}

void DefineRemoteError(py::module_& module) {
  PyObject* type =
      ::PyErr_NewExceptionWithDoc("ClusterAPI.RemoteError", kDoc, PyExc_RuntimeError, nullptr);
  if (type == nullptr) throw py::error_already_set();
  module.attr(kName) = py::reinterpret_steal<py::object>(type);
}

void RaiseRemoteError(const py::module_& module, const Outcome& outcome) {
  const std::string kind = word(outcome.kind);
  const std::string line = outcome.describe();
  const std::string reason = line.size() > kind.size() + 2 ? line.substr(kind.size() + 2) : "";
  const py::object type = module.attr(kName);
  const py::object error = type(ToStr(outcome.node.empty() ? line : outcome.node + ": " + line));
  error.attr("node") = ToStr(outcome.node);
  error.attr("kind") = kind;
  error.attr("reason") = ToStr(reason);
  error.attr("traceback") = ToStr(outcome.exception ? outcome.exception->traceback : "");
  ::PyErr_SetObject(type.ptr(), error.ptr());
  throw py::error_already_set();
}

}  // namespace muster::python_module
