#include "provision/python_host.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/mutex.h"
#include "common/own_program.h"

namespace muster::provision {
namespace {

using nlohmann::json;

// Calls at the same time; processes are made as they are needed.
constexpr int kWorkers = 16;
constexpr std::chrono::milliseconds kAskEvery{100};
// What a call that is interrupted may still do.
constexpr std::chrono::milliseconds kGrace{10000};

// A text of JSON, with nothing escaped that Python reads otherwise, is a literal of Python's.
std::string Literal(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string Source(const std::string& what, const std::string& record, const std::string& method,
                   const std::vector<std::string>& words) {
  std::string source = PythonHost::ImportLines();
  absl::StrAppend(&source, "import muster._host\nmuster._host.call(", Literal(what), ", ",
                  Literal(record), ", ", Literal(method), ", [");
  for (const std::string& word : words) absl::StrAppend(&source, Literal(word), ", ");
  return absl::StrCat(source, "])");
}

absl::StatusCode CodeOf(const std::string& name) {
  for (int number = 0; number <= 16; ++number) {
    const auto code = static_cast<absl::StatusCode>(number);
    if (absl::StatusCodeToString(code) == name) return code;
  }
  return absl::StatusCode::kUnknown;
}

absl::StatusOr<std::string> Read(const std::string& text) {
  try {
    const json answer = json::parse(text);
    const auto code = answer.at(0).get<std::string>();
    auto said = answer.at(1).get<std::string>();
    if (code == "OK") return said;
    return absl::Status(CodeOf(code), said);
  } catch (const json::exception& error) {
    return absl::InternalError(absl::StrCat("the process for classes of Python answered '",
                                            text.substr(0, 200), "': ", error.what()));
  }
}

// Lines of several calls do not mix, and wipe the progress that a terminal may show.
void Tell(const std::string& speaker, const std::string& line) {
  static const bool is_terminal = ::isatty(STDERR_FILENO) != 0;
  const std::string text = absl::StrCat(is_terminal ? "\r\x1b[K" : "", speaker, ": ", line, "\n");
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // nobody reads it
    done += static_cast<std::size_t>(count);
  }
}

void TellOutput(const std::string& speaker, Call& call) {
  std::array<std::string, 2> rest;  // of stdout and stderr: lines that have no end yet
  while (const std::optional<Event> event = call.next()) {
    if (event->stream == Event::Stream::kWaiting) continue;
    std::string& text = rest[event->stream == Event::Stream::kStdout ? 0 : 1];
    text += event->data;
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos;
         end = text.find('\n', begin)) {
      Tell(speaker, text.substr(begin, end - begin));
      begin = end + 1;
    }
    text.erase(0, begin);
  }
  for (const std::string& text : rest) {
    if (!text.empty()) Tell(speaker, text);
  }
}

// Hands on what it prints until its output ends, or it was interrupted.
void Follow(muster::Call& call, const HostWatch& watch) {
  int told = 0;
  std::optional<Event> event;
  while (true) {
    const bool is_new = call.next_for(kAskEvery, &event);
    if (is_new && !event) return;
    if (is_new && event->stream != Event::Stream::kWaiting) {
      watch.on_output(event->stream == Event::Stream::kStderr, event->data);
    }
    const int interrupts = watch.interrupts ? watch.interrupts() : 0;
    if (interrupts > told) {
      told = interrupts;
      call.cancel(told == 1 ? kGrace : std::chrono::milliseconds(0));
    }
  }
}

struct Shared {
  Mutex mutex;
  std::shared_ptr<PythonHost> host MUSTER_GUARDED_BY(mutex);
};

Shared& OfProcess() {
  static auto* const shared = new Shared;
  return *shared;
}

}  // namespace

// When it is not where Python looks: beside the programs of a build tree, below a prefix of its
// own, or around us, who are its module.
std::string PythonHost::ModuleFolder() {
  const std::string folder = FolderOf(reinterpret_cast<void*>(&PythonHost::Get));
  for (const char* place : {"/../python", "/../" MUSTER_PYTHON_FOLDER, "/.."}) {
    std::string found = absl::StrCat(folder, place);
    if (::access(absl::StrCat(found, "/muster").c_str(), X_OK) == 0) return found;
  }
  return "";
}

std::string PythonHost::ImportLines() {
  const std::string folder = ModuleFolder();
  if (folder.empty()) return "";
  return absl::StrCat("import sys\nif ", Literal(folder), " not in sys.path: sys.path.append(",
                      Literal(folder), ")\n");
}

absl::StatusOr<std::shared_ptr<PythonHost>> PythonHost::Get() {
  Shared& shared = OfProcess();
  const MutexLock lock(shared.mutex);
  if (shared.host == nullptr) {
    Result<ClusterAPI> node = ClusterAPI::local(1, kWorkers);
    if (!node.ok()) {
      return absl::UnavailableError(absl::StrCat(
          "the process for classes of Python does not start: ", node.status().message()));
    }
    shared.host = std::make_shared<PythonHost>(*std::move(node));
  }
  return shared.host;
}

void PythonHost::Forget(const std::shared_ptr<PythonHost>& host) {
  std::shared_ptr<PythonHost> ended;  // not under the lock
  Shared& shared = OfProcess();
  const MutexLock lock(shared.mutex);
  if (shared.host == host) ended.swap(shared.host);
}

bool PythonHost::IsGone(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::kLost || outcome.kind == Outcome::Kind::kUnreachable;
}

absl::StatusOr<std::string> PythonHost::Call(const std::string& speaker, const std::string& what,
                                             const std::string& record, const std::string& method,
                                             const std::vector<std::string>& words,
                                             std::chrono::milliseconds deadline) {
  ExecuteOptions options;
  options.deadline = deadline;
  muster::Call call =
      node_.execute(1, python(Source(what, record, method, words), Command::Form::kStr), options);
  TellOutput(speaker, call);
  const Outcome outcome = call.wait();
  if (outcome.ok()) return Read(outcome.value().text());
  const std::string said =
      absl::StrCat(method, " of a class of Python (", record, "): ", outcome.describe());
  if (outcome.kind == Outcome::Kind::kTimedOut) return absl::DeadlineExceededError(said);
  return absl::InternalError(said);
}

absl::StatusOr<std::string> PythonHost::CallWatched(const std::string& what,
                                                    const std::string& record,
                                                    const std::string& method,
                                                    const HostWatch& watch) {
  ExecuteOptions options;
  options.isolation = Isolation::kFresh;
  if (watch.deadline.count() > 0) options.deadline = watch.deadline;
  muster::Call call =
      node_.execute(1, python(Source(what, record, method, {}), Command::Form::kStr), options);
  Follow(call, watch);
  const Outcome outcome = call.wait();
  if (outcome.ok()) return Read(outcome.value().text());
  const std::string said = absl::StrCat(what, ": ", outcome.describe());
  if (watch.interrupts && watch.interrupts() > 0) return absl::CancelledError(said);
  if (outcome.kind == Outcome::Kind::kTimedOut) return absl::DeadlineExceededError(said);
  if (IsGone(outcome)) return absl::UnavailableError(said);
  return absl::InternalError(said);
}

}  // namespace muster::provision
