#include <pybind11/embed.h>

// pybind11 first: Python.h has to come before the standard headers.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "server/spawner/child.h"
#include "server/worker/exception_report.h"
#include "server/worker/value_encoder.h"
#include "server/worker/worker_loop.h"

namespace py = pybind11;

namespace muster::server {
namespace {

// So much of a value travels with the end of its execution.
constexpr std::size_t kLastPiece = 4096;

void Require(bool done) {
  if (!done) throw py::error_already_set();
}

WorkerChannel OpenChannel() {
  ::fcntl(kValueFd, F_SETFD, FD_CLOEXEC);
  absl::StatusOr<WorkerChannel> channel = WorkerChannel::Open(UniqueFd(kValueFd));
  if (!channel.ok()) ::_exit(127);
  return *std::move(channel);
}

struct stat channel_file;

// A fork of the code's own must not hold the channel when this worker has ended.
void CloseChannelInChild() {
  struct stat info {};
  if (::fstat(kValueFd, &info) == 0 && info.st_ino == channel_file.st_ino &&
      info.st_dev == channel_file.st_dev) {
    ::close(kValueFd);
  }
}

const volatile char* MakeForkMark() {
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED || ::madvise(page, 4096, MADV_WIPEONFORK) != 0) ::_exit(127);
  auto* mark = static_cast<volatile char*>(page);
  *mark = 1;
  return mark;
}

}  // namespace

WorkerLoop::WorkerLoop(PyObject* runner)
    : runner_(runner),
      link_(OpenChannel()),
      cache_(PyDict_GetItemString(runner, "compile_cell")),
      is_worker_(MakeForkMark()) {
  ::fstat(kValueFd, &channel_file);
  ::pthread_atfork(nullptr, nullptr, CloseChannelInChild);
  const py::module_ os = py::module_::import("os");
  PyObject* environment = py::object(os.attr("environ").attr("_data")).release().ptr();
  py::module_::import("sys").attr("set_int_max_str_digits")(0);
  send_exception_ = MakeExceptionSender([this](const std::string& payload) {
    SendException(payload);
    return true;
  });
  const py::cpp_function find([this](const py::handle& filename) -> py::object {
    const std::string* source = cache_.FindSource(filename.ptr());
    if (source == nullptr) return py::none();
    return py::reinterpret_steal<py::object>(PyUnicode_DecodeUTF8(
        source->data(), static_cast<Py_ssize_t>(source->size()), "surrogatepass"));
  });
  py::object(py::handle(runner_)["show_lines"])(find);
  const py::cpp_function note([this] { cache_.NoteWarning(); });
  py::object(py::handle(runner_)["watch_warnings"])(note);
  Require(namespace_.Start() && variables_.Start(environment) && variables_.Set(request_));
  Require(streams_.Start() && watch_.Start(environment));
}

void WorkerLoop::Run() {
  clock_.Synchronise();
  for (;;) {
    if (link_.Take(request_, source_)) {
      Execute();
    } else {
      GoIdle();
    }
  }
}

void WorkerLoop::GoIdle() {
  if (!is_kept_) {
    const TraceWatch::Found found = watch_.LookClosely();
    if (!found.IsNothing()) Retire(found.processes ? "a process" : found.why);
  }
  link_.Sleep();
  clock_.Synchronise();
}

void WorkerLoop::Execute() {
  clock_.Begin();
  result_ = WorkerResult();
  result_.ticket = request_.ticket;
  text_.clear();
  reads_at_begin_ = link_.output_reads();
  is_kept_ = is_kept_ || request_.keeps_namespace != 0;
  if (!RunCell()) ReportException();
  namespace_.End();
  EndIfChild(nullptr);
  Finish();
}

bool WorkerLoop::RunCell() {
  if (!variables_.Set(request_)) return false;
  watch_.NoteEnvironment();
  // As deep as runner.py's run() is when it executes a cell.
  Py_EnterRecursiveCall("");
  Py_EnterRecursiveCall("");
  PyObject* value = Evaluate();
  Py_LeaveRecursiveCall();
  Py_LeaveRecursiveCall();
  if (value == nullptr) return PyErr_Occurred() == nullptr;
  const bool done = SendValue(value);
  Py_DECREF(value);
  return done;
}

// The value; null: there is none, or an exception is set.
PyObject* WorkerLoop::Evaluate() {
  const CompileCache::Code* code = cache_.Compile(source_);
  if (code == nullptr) return nullptr;
  PyObject* globals = namespace_.Begin(request_.keeps_namespace != 0);
  if (globals == nullptr) return nullptr;
  if (code->statements != nullptr) {
    PyObject* done = PyEval_EvalCode(code->statements, globals, globals);
    if (done == nullptr) return nullptr;
    Py_DECREF(done);
  }
  PyObject* value = nullptr;
  if (code->expression != nullptr) {
    value = PyEval_EvalCode(code->expression, globals, globals);
    if (value == nullptr) return nullptr;
  }
  EndIfChild(nullptr);
  return value;
}

// Collects what an encoder writes, and sends it in pieces.
class WorkerLoop::PieceSink final : public ValueSink {
 public:
  // An exception of Python is set.
  struct Interrupted {};

  explicit PieceSink(WorkerLoop& loop) : loop_(loop) {}
  void Expect(std::size_t bytes) override { value_bytes_ = bytes; }
  void Write(std::string_view piece) override {
    if (!pending_.empty() && pending_.size() + piece.size() > kMaxPiece) Flush();
    if (piece.size() == kMaxPiece) {
      Send(piece);
    } else {
      pending_ += piece;
    }
  }
  // The end of it goes with the end of the execution.
  void End() {
    if (!loop_.SendPieces(pending_, value_bytes_)) throw Interrupted();
  }

 private:
  void Flush() {
    Send(pending_);
    pending_.clear();
  }
  void Send(std::string_view piece) {
    if (!loop_.SendPiece(piece, value_bytes_)) throw Interrupted();
  }

  WorkerLoop& loop_;
  std::size_t value_bytes_ = 0;
  std::string pending_;
};

bool WorkerLoop::SendData(PyObject* value) {
  PieceSink sink(*this);
  if (!EncodeValue(value, sink)) return false;
  sink.End();
  result_.flags |= WorkerResult::kHasValue | WorkerResult::kValueIsData;
  return true;
}

// A value that is to go as data, and has an encoding, goes out as that; else its text does.
bool WorkerLoop::SendValue(PyObject* value) {
  if (request_.form == static_cast<std::uint8_t>(LaunchRequest::Form::kData)) {
    try {
      if (SendData(value)) return true;
    } catch (const PieceSink::Interrupted&) {
      return false;
    }
  }
  const bool as_str = request_.form == static_cast<std::uint8_t>(LaunchRequest::Form::kStr);
  PyObject* text = as_str ? PyObject_Str(value) : PyObject_Repr(value);
  if (text == nullptr) return false;
  EndIfChild(nullptr);
  const bool sent = SendText(text);
  Py_DECREF(text);
  if (sent) result_.flags |= WorkerResult::kHasValue;
  return sent;
}

bool WorkerLoop::SendText(PyObject* text) {
  Py_ssize_t size = 0;
  if (const char* bytes = PyUnicode_AsUTF8AndSize(text, &size)) {
    const std::string_view all(bytes, static_cast<std::size_t>(size));
    return SendPieces(all, all.size());
  }
  if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError) == 0) return false;
  PyErr_Clear();
  PyObject* encoded = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
  if (encoded == nullptr) return false;
  const std::string_view all(PyBytes_AS_STRING(encoded),
                             static_cast<std::size_t>(PyBytes_GET_SIZE(encoded)));
  const bool sent = SendPieces(all, all.size());
  Py_DECREF(encoded);
  return sent;
}

bool WorkerLoop::SendPieces(std::string_view bytes, std::size_t value_bytes) {
  while (bytes.size() > kLastPiece) {
    const std::size_t size = std::min(bytes.size(), WorkerChannel::kMaxPiece);
    if (!SendPiece(bytes.substr(0, size), value_bytes)) return false;
    bytes.remove_prefix(size);
  }
  text_.assign(bytes);
  return true;
}

bool WorkerLoop::SendPiece(std::string_view bytes, std::size_t value_bytes) {
  WorkerResult piece;
  piece.ticket = request_.ticket;
  piece.type = WorkerResult::Type::kPiece;
  piece.value_bytes = value_bytes;
  if (!link_.Send(piece, bytes, true)) return false;
  link_.Wake();
  return true;
}

PyObject* WorkerLoop::Call(const char* name, PyObject* argument, PyObject* second) const {
  return PyObject_CallFunctionObjArgs(PyDict_GetItemString(runner_, name), argument, second,
                                      nullptr);
}

void WorkerLoop::ReportException() {
  PyObject* type = nullptr;
  PyObject* error = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &error, &traceback);
  PyErr_NormalizeException(&type, &error, &traceback);
  if (traceback != nullptr) PyException_SetTraceback(error, traceback);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  text_.clear();
  result_.flags = 0;
  result_.exit_code = 1;
  EndIfChild(error);
  PyObject* code = nullptr;
  if (PyErr_GivenExceptionMatches(error, PyExc_SystemExit) != 0) {
    code = Call("exit_code_of", error);
    if (code != nullptr) result_.exit_code = static_cast<std::uint16_t>(PyLong_AsLong(code));
    PyErr_Clear();
  }
  if (code == nullptr) DescribeTo(error);
  Py_XDECREF(code);
  Py_DECREF(error);
}

void WorkerLoop::DescribeTo(PyObject* error) {
  PyObject* done = Call("describe", error, send_exception_);
  if (done == nullptr) {
    // No memory for more, or the user's own code was in the way.
    PyErr_Clear();
    PayloadWriter writer;
    writer.Bytes(Py_TYPE(error)->tp_name).Bytes("").Bytes("").U32(0).U32(0).U32(0);
    SendException(writer.payload());
  }
  Py_XDECREF(done);
}

void WorkerLoop::SendException(std::string_view payload) {
  WorkerResult exception;
  exception.ticket = request_.ticket;
  exception.type = WorkerResult::Type::kException;
  do {
    const std::size_t size = std::min(payload.size(), WorkerChannel::kMaxPiece);
    link_.Send(exception, payload.substr(0, size));
    payload.remove_prefix(size);
  } while (!payload.empty());
}

void WorkerLoop::Finish() {
  const bool are_open = streams_.Flush();
  EndIfChild(nullptr);
  TraceWatch::Found found;
  if (is_kept_) {
    result_.left = processes_.CountNew();
  } else {
    found = watch_.Look(clock_.ElapsedNs());
    if (!are_open && found.why == nullptr) found.why = "a closed stream";
  }
  // With a trace the descriptors may be others than the pipes, and these not be empty.
  const bool has_output = StandardStreams::HasOutput() || found.why != nullptr;
  if (has_output) result_.flags |= WorkerResult::kHasOutput;
  if (found.processes) result_.flags |= WorkerResult::kLeavesProcesses;
  clock_.End();
  result_.wall_us = clock_.wall_us();
  result_.cpu_us = clock_.cpu_us();
  result_.type = WorkerResult::Type::kDone;
  link_.Send(result_, text_);
  link_.Release();
  if (has_output) {
    link_.Wake();
  } else {
    link_.WakeSoon();
  }
  if (found.processes) ::_exit(0);
  if (found.why != nullptr) Retire(found.why);
  const std::uint32_t reads = link_.output_reads();
  if (has_output || reads % 2 != 0 || reads != reads_at_begin_) {
    link_.AwaitDrained(request_.ticket);
    clock_.Synchronise();
  }
}

void WorkerLoop::Retire(const char* why) {
  WorkerResult retiring;
  retiring.ticket = request_.ticket;
  retiring.type = WorkerResult::Type::kRetiring;
  link_.Send(retiring, why);
  link_.Wake();
  ::_exit(0);
}

void WorkerLoop::EndIfChild(PyObject* error) {
  if (*is_worker_ != 0) return;
  Py_XDECREF(Call("end_child", error == nullptr ? Py_None : error));
  ::_exit(1);
}

}  // namespace muster::server
