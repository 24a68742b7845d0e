#include "provision/hook_program.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "client/ClusterAPI.h"
#include "common/escape.h"
#include "common/status_macros.h"
#include "provision/python_host.h"

namespace muster::provision {
namespace {

using nlohmann::json;

constexpr int kVeto = 77;
constexpr std::size_t kMostQuoted = 300;  // bytes
constexpr std::chrono::milliseconds kGrace{300};
constexpr std::chrono::milliseconds kAskEvery{100};
constexpr std::size_t kMostOutput = 16u << 20;
constexpr std::size_t kMostErrors = 1u << 20;  // of which the last count

// What a message quotes of its output: it may be anything.
std::string Quoted(absl::string_view text) { return EscapeToOneLine(text.substr(0, kMostQuoted)); }

std::string LastLine(const std::string& text) {
  const absl::string_view stripped = absl::StripTrailingAsciiWhitespace(text);
  const std::size_t end = stripped.rfind('\n');
  return Quoted(end == absl::string_view::npos ? stripped : stripped.substr(end + 1));
}

struct Written {
  std::string out;
  std::string err;
  bool is_too_much = false;
};

Written ReadAll(muster::Call& call, const std::function<bool()>& gives_up) {
  Written written;
  while (true) {
    std::optional<Event> event;
    if (!call.next_for(kAskEvery, &event)) {
      if (gives_up && gives_up()) call.cancel();
      continue;
    }
    if (!event) return written;
    if (event->stream == Event::Stream::kWaiting) continue;
    if (event->stream == Event::Stream::kStderr) {
      written.err += event->data;
      if (written.err.size() > 2 * kMostErrors) {
        written.err.erase(0, written.err.size() - kMostErrors);
      }
    } else if (written.out.size() + event->data.size() > kMostOutput) {
      written.is_too_much = true;
      call.cancel();
    } else {
      written.out += event->data;
    }
  }
}

}  // namespace

HookProgram::HookProgram(HookFile file, std::chrono::milliseconds timeout, const HookLog& log)
    : file_(std::move(file)), timeout_(timeout), log_(log) {
  const std::string digits = file_.name.substr(0, file_.name.find_first_not_of("0123456789"));
  double number = 0;
  if (!digits.empty() && absl::SimpleAtod(digits, &number)) priority_ = number;
}

std::string HookProgram::Title(HookEvent event) const {
  return absl::StrCat(file_.name, ":", NameOf(event));
}

absl::StatusOr<json> HookProgram::Call(const HookCall& call) {
  const MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const auto host, PythonHost::Get());
  ExecuteOptions options;
  options.deadline = timeout_;
  options.grace = kGrace;
  options.leftovers = Leftovers::kReap;
  options.input = call.arguments->dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  options.environment = {{"MUSTER_HOOK", NameOf(call.event)}};
  ClusterAPI node = host->node();
  muster::Call running = node.execute(1, argv({file_.path}), options);
  const Written written = ReadAll(running, call.gives_up);
  const Outcome& outcome = running.wait();
  if (PythonHost::IsGone(outcome)) PythonHost::Forget(host);
  const std::string last = LastLine(written.err);
  if (outcome.kind == Outcome::Kind::kFailed && outcome.exit_code == kVeto) {
    return absl::AbortedError(last.empty() ? "no reason was given" : last);
  }
  if (written.is_too_much) {
    return absl::FailedPreconditionError(absl::StrCat("it wrote more than ", kMostOutput >> 20,
                                                      " MiB, and was stopped (", file_.path, ")"));
  }
  if (outcome.kind == Outcome::Kind::kCancelled) {
    return absl::CancelledError(absl::StrCat("it was stopped: ", outcome.describe()));
  }
  if (!outcome.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        outcome.describe(), last.empty() ? "" : absl::StrCat("; it wrote last: ", last), " (",
        file_.path, ")"));
  }
  for (absl::string_view line : absl::StrSplit(written.err, '\n', absl::SkipEmpty())) {
    log_.Tell(file_.name, "info", line);
  }
  if (absl::StripAsciiWhitespace(written.out).empty()) return json::object();
  const json answer = json::parse(written.out, nullptr, false);
  if (!answer.is_object()) {
    return absl::FailedPreconditionError(absl::StrCat("it wrote no object of JSON, but '",
                                                      Quoted(written.out), "' (", file_.path, ")"));
  }
  json changed = json::object();
  for (const std::string& key : call.changes) {
    if (answer.contains(key)) changed[key] = answer[key];
  }
  return changed;
}

}  // namespace muster::provision
