#include "provision/hook_process.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/status_macros.h"

namespace muster::provision {
namespace {

using nlohmann::json;

constexpr double kDefaultPriority = 50;
// The module is interrupted when its time is over; the process is stopped when that did not help.
constexpr std::chrono::milliseconds kPatience{300};
constexpr std::chrono::milliseconds kGrace{300};
constexpr std::chrono::milliseconds kAskEvery{100};
constexpr std::size_t kPiece = 1u << 20;

std::string Text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A text of JSON, with nothing escaped that Python reads otherwise, is a literal of Python's.
std::string Literal(const std::string& text) { return Text(json(text)); }

std::string NewSession() {
  static std::atomic<int> last{0};
  return absl::StrCat("hook-", ++last);
}

std::string Behind(const std::string& place) {
  return place.empty() ? "" : absl::StrCat(" (", place, ")");
}

double Seconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

HookProcess::HookProcess(Order order, const HookLog& log)
    : order_(std::move(order)), log_(log), priority_(order_.priority.value_or(kDefaultPriority)) {}

HookProcess::~HookProcess() {
  const MutexLock lock(mutex_);
  EndProcess();
}

double HookProcess::priority() const {
  const MutexLock lock(facts_mutex_);
  return priority_;
}

std::string HookProcess::hints() const {
  const MutexLock lock(facts_mutex_);
  return hints_;
}

HookProcess::Function HookProcess::FunctionOf(HookEvent event) const {
  const MutexLock lock(facts_mutex_);
  return functions_.at(static_cast<std::size_t>(event));
}

bool HookProcess::Has(HookEvent event) const {
  if (!FunctionOf(event).name.empty()) return true;
  const MutexLock lock(facts_mutex_);
  return order_.is_required && !is_loaded_ && MayVeto(event);
}

std::string HookProcess::Title(HookEvent event) const {
  const Function function = FunctionOf(event);
  return absl::StrCat(order_.name, ":", function.name.empty() ? NameOf(event) : function.name);
}

absl::Status HookProcess::Load(const std::function<bool()>& gives_up) {
  const MutexLock lock(mutex_);
  return LoadLocked(gives_up);
}

absl::Status HookProcess::LoadLocked(const std::function<bool()>& gives_up) {
  if (host_ == nullptr) {
    ASSIGN_OR_RETURN(host_, PythonHost::Get());
  }
  session_ = NewSession();
  json events;
  for (const HookEvent event : HookEvents()) {
    // The name that the function was given by slurm-gcp counts first.
    const std::vector<std::string>& names = NamesOf(event);
    events[NameOf(event)] = std::vector<std::string>(names.rbegin(), names.rend());
  }
  const json order = {{"name", order_.name},
                      {"path", order_.path},
                      {"memory", order_.memory_bytes},
                      {"seconds", Seconds(order_.timeout)},
                      {"log", log_.path()},
                      {"shows_all", order_.traces},
                      {"required", order_.is_required},
                      {"events", events}};
  const std::string source =
      absl::StrCat(PythonHost::ImportLines(), "import slurm_gcp_plugins._host\n",
                   "slurm_gcp_plugins._host.load(", Literal(Text(order)), ")");
  const absl::StatusOr<json> answer = Ask(source, order_.path, gives_up);
  if (!answer.ok()) EndProcess();
  const MutexLock lock(facts_mutex_);
  functions_ = {};
  hints_.clear();
  is_loaded_ = answer.ok();
  if (!answer.ok()) return answer.status();
  for (const HookEvent event : HookEvents()) {
    const auto found = answer->at("functions").find(NameOf(event));
    if (found == answer->at("functions").end()) continue;
    functions_.at(static_cast<std::size_t>(event)) = {found->value("function", ""),
                                                      found->value("place", "")};
  }
  hints_ = answer->value("hints", "");
  if (!order_.priority && answer->at("priority").is_number()) {
    priority_ = answer->at("priority").get<double>();
  }
  return absl::OkStatus();
}

absl::StatusOr<json> HookProcess::Call(const HookCall& call) {
  const MutexLock lock(mutex_);
  if (session_.empty()) RETURN_IF_ERROR(LoadLocked(call.gives_up));
  const Function function = FunctionOf(call.event);
  if (function.name.empty()) return json::object();
  absl::StatusOr<json> answer = CallLocked(call, function.place);
  if (answer.ok() && answer->empty()) {  // its node ended it, because it was idle for long
    RETURN_IF_ERROR(LoadLocked(call.gives_up));
    answer = CallLocked(call, function.place);
  }
  if (!answer.ok()) {
    EndProcess();
    return answer;
  }
  if (answer->contains("veto")) return absl::AbortedError(answer->value("veto", ""));
  return answer->at("changed");
}

absl::StatusOr<json> HookProcess::CallLocked(const HookCall& call, const std::string& place) {
  const json request = {
      {"arguments", *call.arguments}, {"nodes", call.node_lists}, {"changes", call.changes}};
  std::string text = Text(request);
  RETURN_IF_ERROR(SendPieces(text, call.gives_up));
  return Ask(absl::StrCat(PythonHost::ImportLines(),
                          "import slurm_gcp_plugins._host\nslurm_gcp_plugins._host.call(",
                          Literal(NameOf(call.event)), ", ", Literal(text), ", ",
                          absl::StrFormat("%.3f", Seconds(order_.timeout)), ")"),
             place, call.gives_up);
}

// All but the end of a text that is longer than one piece of source may be.
absl::Status HookProcess::SendPieces(std::string& text, const std::function<bool()>& gives_up) {
  std::size_t at = 0;
  for (; text.size() - at > kPiece; at += kPiece) {
    std::size_t length = kPiece;  // not within a character
    while ((static_cast<unsigned char>(text[at + length]) & 0xC0) == 0x80) --length;
    RETURN_IF_ERROR(
        Ask(absl::StrCat(PythonHost::ImportLines(),
                         "import slurm_gcp_plugins._host\nslurm_gcp_plugins._host.take(",
                         Literal(text.substr(at, length)), ") or '{}'"),
            "", gives_up)
            .status());
    at -= kPiece - length;
  }
  text.erase(0, at);
  return absl::OkStatus();
}

// What the process answers; a fault as an error, with its place.
absl::StatusOr<json> HookProcess::Ask(const std::string& source, const std::string& place,
                                      const std::function<bool()>& gives_up) {
  ExecuteOptions options;
  options.session = session_;
  options.deadline = order_.timeout + kPatience;
  options.grace = kGrace;
  ClusterAPI node = host_->node();
  muster::Call call = node.execute(1, python(source, Command::Form::kStr), options);
  Follow(call, gives_up);
  const Outcome& outcome = call.wait();
  if (outcome.kind == Outcome::Kind::kCancelled) {
    return absl::CancelledError("it was interrupted");
  }
  if (outcome.kind == Outcome::Kind::kTimedOut) {
    return absl::DeadlineExceededError(absl::StrFormat("it ran longer than %g s, and was stopped%s",
                                                       Seconds(order_.timeout), Behind(place)));
  }
  if (PythonHost::IsGone(outcome)) {
    PythonHost::Forget(host_);
    host_.reset();
    session_.clear();
  }
  if (!outcome.ok()) {
    return absl::InternalError(
        absl::StrCat("its process ended: ", outcome.describe(), Behind(place)));
  }
  const json answer = json::parse(outcome.value().text(), nullptr, false);
  if (!answer.is_object()) {
    return absl::InternalError(absl::StrCat(
        "its process answered '", outcome.value().text().substr(0, 100), "'", Behind(place)));
  }
  if (answer.contains("fault")) {
    return absl::FailedPreconditionError(
        absl::StrCat(answer.value("fault", ""), Behind(answer.value("place", place))));
  }
  return answer;
}

void HookProcess::Follow(muster::Call& call, const std::function<bool()>& gives_up) {
  std::array<std::string, 2> rest;  // of stdout and stderr: lines that have no end yet
  while (true) {
    std::optional<Event> event;
    if (!call.next_for(kAskEvery, &event)) {
      if (gives_up && gives_up()) call.cancel();
      continue;
    }
    if (!event) break;
    if (event->stream == Event::Stream::kWaiting) continue;
    std::string& text = rest[event->stream == Event::Stream::kStdout ? 0 : 1];
    text += event->data;
    ShowLines(text, false);
  }
  for (std::string& text : rest) ShowLines(text, true);
}

void HookProcess::ShowLines(std::string& text, bool is_end) const {
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    log_.Show(order_.name, absl::string_view(text).substr(begin, end - begin));
    begin = end + 1;
  }
  text.erase(0, begin);
  if (is_end && !text.empty()) log_.Show(order_.name, text);
}

void HookProcess::EndProcess() {
  if (session_.empty()) return;
  if (host_ != nullptr) host_->node().close_session({Target(1)}, session_);
  session_.clear();
}

}  // namespace muster::provision
