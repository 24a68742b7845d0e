#include <pybind11/embed.h>

// pybind11 first: Python.h has to come before the standard headers.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/fault.h"
#include "runner_source.h"
#include "server/spawner/frame.h"
#include "server/spawner/supervisor_message.h"
#include "server/worker/exception_report.h"
#include "server/worker/interpreter.h"
#include "server/worker/large_pages.h"
#include "server/worker/value_encoder.h"
#include "server/worker/worker_loop.h"

namespace py = pybind11;

namespace muster::server {
namespace {

// The runner's names; lives as long as the process.
PyObject* runner = nullptr;

// A payload of so many bytes is likely to be followed by many more, of one value.
constexpr std::size_t kBigPayloadBytes = 64 << 10;
// Of the pipe to the daemon then: writer and reader change places less often. As much as the kernel
// gives to anybody (pipe(7)); where it gives less, the pipe stays as it is.
constexpr int kBigPipeBytes = 1 << 20;

// Blocks while the daemon does not read: that is the back-pressure on a big value. When the daemon
// is gone there is nobody left to work for.
void SendToDaemon(FrameType type, std::string_view payload) {
  if (FaultAt("value.write")) ::_exit(127);
  static bool is_big = false;
  if (payload.size() >= kBigPayloadBytes && !std::exchange(is_big, true)) {
    ::fcntl(kValueFd, F_SETPIPE_SZ, kBigPipeBytes);
  }
  const std::string head = EncodeFrameHead(static_cast<std::uint8_t>(type), payload.size());
  std::string_view parts[] = {head, payload};
  while (!parts[0].empty() || !parts[1].empty()) {
    iovec pieces[2];
    for (int i = 0; i < 2; ++i) {
      pieces[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
    }
    const ssize_t written = ::writev(kValueFd, pieces, 2);
    if (written < 0 && errno == EINTR) {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      continue;
    }
    if (written < 0) ::_exit(127);
    auto left = static_cast<std::size_t>(written);
    for (std::string_view& part : parts) {
      const std::size_t gone = std::min(left, part.size());
      part.remove_prefix(gone);
      left -= gone;
    }
  }
}

class DaemonSink : public ValueSink {
 public:
  void Write(std::string_view piece) override { SendToDaemon(FrameType::kValue, piece); }
};

void LoadRunner() {
  // Not in sys.modules: the code that users run does not meet it.
  py::module_ types = py::module_::import("types");
  py::object module = types.attr("ModuleType")("runner");
  py::dict globals = module.attr("__dict__");
  globals["__file__"] = "<runner>";
  globals["__builtins__"] = py::module_::import("builtins");
  py::object code =
      py::module_::import("builtins").attr("compile")(kRunnerSource, "<runner>", "exec");
  PyObject* done = PyEval_EvalCode(code.ptr(), globals.ptr(), globals.ptr());
  if (done == nullptr) throw py::error_already_set();
  Py_DECREF(done);
  runner = globals.release().ptr();
}

class NoSink : public ValueSink {
 public:
  void Write(std::string_view /*piece*/) override {}
};

// Importable, and in no namespace.
void LoadTask() {
  py::object module = py::module_::import("types").attr("ModuleType")("muster_task");
  py::dict globals = module.attr("__dict__");
  globals["__builtins__"] = py::module_::import("builtins");
  globals["crosses"] = py::cpp_function([](const py::object& value) {
    NoSink sink;
    return EncodeValue(value.ptr(), sink);
  });
  py::object code =
      py::module_::import("builtins").attr("compile")(kTaskSource, "<muster_task>", "exec");
  PyObject* done = PyEval_EvalCode(code.ptr(), globals.ptr(), globals.ptr());
  if (done == nullptr) throw py::error_already_set();
  Py_DECREF(done);
  py::module_::import("sys").attr("modules")["muster_task"] = module;
}

// What `python` would be on the command line: Python finds its library, and a virtual environment,
// from that name.
PyStatus Configure(const Interpreter::Options& options, PyConfig& config) {
  PyConfig_InitIsolatedConfig(&config);
  const std::string python = options.environment_folder.empty()
                                 ? "/usr/bin/python3"
                                 : options.environment_folder + "/bin/python3";
  config.install_signal_handlers = 1;  // SIGINT is KeyboardInterrupt
  config.site_import = 1;
  // "Isolated" leaves the user's folder out whatever is asked; what else it means stays as it is
  // set above: neither the environment nor the current directory counts.
  config.isolated = options.user_site ? 0 : 1;
  config.user_site_directory = options.user_site ? 1 : 0;
  PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, python.c_str());
  if (PyStatus_Exception(status)) return status;
  status = PyConfig_SetBytesString(&config, &config.executable, python.c_str());
  if (PyStatus_Exception(status)) return status;
  return Py_InitializeFromConfig(&config);
}

}  // namespace

std::optional<std::string> Interpreter::Start(const Options& options) {
  PyPreConfig preconfig;
  PyPreConfig_InitIsolatedConfig(&preconfig);
  preconfig.utf8_mode = 1;
  PyStatus status = Py_PreInitialize(&preconfig);
  if (!PyStatus_Exception(status)) {
    PyConfig config;
    status = Configure(options, config);
    PyConfig_Clear(&config);
  }
  if (PyStatus_Exception(status)) {
    return std::string("Python does not start: ") +
           (status.err_msg ? status.err_msg : "no reason given");
  }
  UseLargePages();
  try {
    LoadRunner();
    LoadTask();
    // A line at a time, so that what a program prints is seen while it runs.
    py::module_ sys = py::module_::import("sys");
    sys.attr("stdout").attr("reconfigure")(py::arg("line_buffering") = true);
  } catch (const py::error_already_set& error) {
    return std::string("the runner does not load: ") + error.what();
  }
  return std::nullopt;
}

SpawnLoop::ForkHooks Interpreter::ForkHooks() {
  return {[] { PyOS_BeforeFork(); }, [] { PyOS_AfterFork_Parent(); }};
}

void Interpreter::RunAndExit(const LaunchRequest& request, const StartStatus& status) {
  PyOS_AfterFork_Child();
  int exit_code = 1;
  try {
    // SpawnLoop ignores SIGINT for the zygote and PrepareChild resets it; here it is Python's
    // again.
    py::module_ signal = py::module_::import("signal");
    signal.attr("signal")(signal.attr("SIGINT"), signal.attr("default_int_handler"));
    signal.attr("signal")(signal.attr("SIGPIPE"), signal.attr("SIG_IGN"));
    py::module_::import("random").attr("seed")();
    py::dict environment;
    for (const std::string& variable : request.environment) {
      const std::size_t equals = variable.find('=');
      environment[py::reinterpret_steal<py::str>(
          PyUnicode_DecodeFSDefaultAndSize(variable.data(), static_cast<Py_ssize_t>(equals)))] =
          py::reinterpret_steal<py::str>(PyUnicode_DecodeFSDefault(variable.c_str() + equals + 1));
    }
    // The zygote is closed to debuggers; the user's own process is the user's.
    ::prctl(PR_SET_DUMPABLE, 1);
    LimitSelf(request, status);
    status.Succeed();
    if (request.kind == LaunchRequest::Kind::kWorker) {
      py::module_::import("os").attr("environ").attr("update")(environment);
      WorkerLoop(runner).Run();
    }
    const py::cpp_function send_value(
        [](const py::bytes& piece) { SendToDaemon(FrameType::kValue, std::string_view(piece)); });
    const py::cpp_function send_data([](const py::handle& value) {
      DaemonSink sink;
      return EncodeValue(value.ptr(), sink);
    });
    const bool as_data = request.form == LaunchRequest::Form::kData;
    const auto send_exception =
        py::reinterpret_steal<py::object>(MakeExceptionSender([](const std::string& payload) {
          SendToDaemon(FrameType::kException, payload);
          return true;
        }));
    const py::tuple result = py::handle(runner)["run"](
        py::bytes(request.source), request.form == LaunchRequest::Form::kStr, environment,
        send_value, send_exception, as_data ? py::object(send_data) : py::none());
    exit_code = result[0].cast<int>();
    ::fflush(nullptr);  // what C extensions printed
    // Whether there is a value, and whether it is data.
    PayloadWriter done;
    done.U8(result[1].cast<bool>() ? 1 : 0).U8(result[2].cast<bool>() ? 1 : 0);
    SendToDaemon(FrameType::kDone, done.payload());
  } catch (py::error_already_set& error) {
    // A KeyboardInterrupt outside the user's code, or a broken installation.
    ::fprintf(stderr, "clusterd-worker: %s\n", error.what());
    ::fflush(nullptr);
  }
  ::_exit(exit_code);
}

}  // namespace muster::server
