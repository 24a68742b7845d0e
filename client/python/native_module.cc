// ClusterAPI._native: what the Python files of the module need of the library. Not for users.
#include <ClusterAPI.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <optional>

#include "client/python/call_queue.h"
#include "client/python/execute_options.h"
#include "client/python/lent_memory.h"
#include "client/python/native_cluster.h"
#include "client/python/python_value.h"
#include "common/python/gil.h"
#include "common/python/text.h"

namespace py = pybind11;

namespace muster::python_module {
namespace {

std::optional<std::chrono::milliseconds> ToGrace(const std::optional<double>& seconds) {
  if (!seconds) return std::nullopt;
  return std::chrono::milliseconds(std::llround(std::ceil(std::max(*seconds, 0.0) * 1000)));
}

// [(token, [(is stdout, bytes)], outcome or None)]
py::list TakeFrom(CallQueue& queue, double seconds) {
  const std::chrono::milliseconds time(static_cast<std::int64_t>(seconds * 1000));
  const std::vector<CallQueue::Said> all = WithoutGil([&] { return queue.Take(time); });
  TakeBack();
  py::list told;
  for (const CallQueue::Said& said : all) {
    py::list output;
    for (const Event& event : said.output) {
      output.append(py::make_tuple(event.stream == Event::Stream::kStdout, py::bytes(event.data)));
    }
    told.append(py::make_tuple(said.token, output, std::const_pointer_cast<Outcome>(said.outcome)));
  }
  return told;
}

// (type, message, traceback, line), or None.
py::object ExceptionOf(const Outcome& outcome) {
  if (!outcome.exception) return py::none();
  const Exception& exception = *outcome.exception;
  return py::make_tuple(ToStr(exception.type), ToStr(exception.message), ToStr(exception.traceback),
                        exception.line);
}

double Seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

py::dict UsageOf(const Outcome& outcome) {
  py::dict usage;
  usage["wall"] = Seconds(outcome.usage.wall);
  usage["cpu"] = Seconds(outcome.usage.cpu);
  usage["queued"] = Seconds(outcome.usage.queued);
  usage["peak_memory"] = outcome.usage.peak_memory_bytes;
  usage["stdout_bytes"] = outcome.usage.stdout_bytes;
  usage["stderr_bytes"] = outcome.usage.stderr_bytes;
  usage["reaped"] = outcome.usage.reaped;
  usage["left"] = outcome.usage.left;
  return usage;
}

void DefineOutcome(py::module_& module) {
  py::class_<Outcome, std::shared_ptr<Outcome>>(
      module, "Outcome",
      "How something on a node ended: ok, kind, node, reason, exit_code, signal, exception (type,\n"
      "message, traceback, line; or None), usage (seconds and bytes, by name), is_data; text() "
      "and\n"
      "value() of what Python came to, and describe(), one line of it all.")
      .def_property_readonly("ok", &Outcome::ok)
      .def_property_readonly("kind", [](const Outcome& it) { return word(it.kind); })
      .def_property_readonly("node", [](const Outcome& it) { return ToStr(it.node); })
      .def_property_readonly("reason", [](const Outcome& it) { return ToStr(it.reason); })
      .def_property_readonly("exit_code", [](const Outcome& it) { return it.exit_code; })
      .def_property_readonly("signal", [](const Outcome& it) { return it.signal; })
      .def_property_readonly("exception", &ExceptionOf)
      .def_property_readonly("usage", &UsageOf)
      .def_property_readonly("is_data", [](const Outcome& it) { return it.value().is_data(); })
      .def("text", [](const Outcome& it) { return ToStr(it.value().text()); })
      .def("value", [](const Outcome& it) { return ToObject(it.value()); })
      .def("describe", [](const Outcome& it) { return ToStr(it.describe()); });
}

void DefineTransfer(py::module_& module) {
  py::class_<Transfer>(module, "Transfer")
      // Whether it has ended, after `seconds` at most.
      .def("wait",
           [](const Transfer& transfer, double seconds) {
             const std::chrono::milliseconds time(static_cast<std::int64_t>(seconds * 1000));
             return WithoutGil([&] { return transfer.wait_for(time) != nullptr; });
           })
      .def("cancel", [](Transfer& transfer) { transfer.cancel(); })
      .def("outcome", [](const Transfer& transfer) { return Outcome(transfer.wait()); })
      .def("problems",
           [](const Transfer& transfer) {
             py::list all;
             for (const FileProblem& problem : transfer.problems()) {
               all.append(ToStr(problem.describe()));
             }
             return all;
           })
      // (bytes, of so many, files, of so many, bytes in a second)
      .def("progress", [](const Transfer& transfer) {
        const TransferProgress it = transfer.progress();
        return py::make_tuple(it.bytes, it.total_bytes, it.files, it.total_files,
                              it.bytes_per_second);
      });
}

}  // namespace
}  // namespace muster::python_module

PYBIND11_MODULE(_native, module) {
  using namespace muster::python_module;
  module.attr("version") = muster::version();
  DefineOutcome(module);
  DefineTransfer(module);
  py::class_<CallQueue, std::shared_ptr<CallQueue>>(module, "CallQueue")
      .def(py::init<>())
      .def("take", &TakeFrom)
      .def("reserve", &CallQueue::Reserve)
      .def("cancel", [](CallQueue& queue, CallQueue::Token token,
                        std::optional<double> grace) { queue.Cancel(token, ToGrace(grace)); })
      .def("follow",
           [](CallQueue& queue, const std::vector<CallQueue::Token>& tokens) {
             for (const CallQueue::Token token : tokens) queue.Follow(token);
           })
      .def("id_of", &CallQueue::IdOf)
      .def("is_empty", &CallQueue::IsEmpty)
      .def("descriptor", &CallQueue::Descriptor)
      .def("close", &CallQueue::Close);
  py::class_<muster::ExecuteOptions>(module, "Options")
      .def(py::init(&ToOptions))
      .def("with_input", [](const muster::ExecuteOptions& options, const py::list& pieces) {
        muster::ExecuteOptions changed = options;
        changed.input.clear();
        changed.input_pieces = Lend(pieces);
        return changed;
      });
  py::class_<NativeCluster, std::shared_ptr<NativeCluster>>(module, "Cluster")
      .def_static("connect", &NativeCluster::Connect)
      .def_static("local", &NativeCluster::Local)
      .def("__len__", &NativeCluster::Length)
      .def("nodes", &NativeCluster::Nodes)
      .def("check", &NativeCluster::Check)
      .def("execute", &NativeCluster::Execute)
      .def("submit", &NativeCluster::Submit)
      .def("put", &NativeCluster::Put)
      .def("get", &NativeCluster::Get)
      .def("open_session", &NativeCluster::OpenSession)
      .def("close_session", &NativeCluster::CloseSession);
}
