#include "server/service/rights_hint.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>

namespace muster::server {
namespace {

// The program that asks for rights; empty: the command names none.
std::string Asker(const LaunchRequest& launch) {
  std::vector<std::string> words = launch.arguments;
  if (launch.kind == LaunchRequest::Kind::kShell) {
    words = absl::StrSplit(launch.source, absl::ByAnyChar(" \t\n;&|()"), absl::SkipEmpty());
  }
  for (const char* program : {"sudo", "su", "doas", "pkexec"}) {
    const bool is_named = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return word == program || absl::EndsWith(word, absl::StrCat("/bin/", program));
    });
    if (is_named) return program;
  }
  return "";
}

}  // namespace

std::shared_ptr<ExecutionSink> RightsHint::Wrap(const ExecutionRequest& request,
                                                std::shared_ptr<ExecutionSink> sink) {
  const Identity& identity = *request.identity;
  if (identity.may_gain_rights || request.launch.kind == LaunchRequest::Kind::kFiles) return sink;
  const std::string asker = Asker(request.launch);
  if (asker.empty()) return sink;
  // The owner has no section of his own yet.
  const std::string where =
      identity.rule[0] == '['
          ? identity.rule
          : absl::StrCat("[user ", identity.name,
                         "], together with role = ", RoleName(identity.role), ",");
  return std::make_shared<RightsHint>(
      absl::StrCat(asker, " is not granted to user ", identity.name, ": that takes sudo = yes in ",
                   where, " of clusterd's configuration"),
      std::move(sink));
}

void RightsHint::OnOutcome(Outcome outcome) {
  if (outcome.kind == Outcome::Kind::kFailed && !outcome.exception) {
    if (outcome.reason.empty()) outcome.reason = absl::StrCat("exit code ", outcome.exit_code);
    absl::StrAppend(&outcome.reason, "; ", hint_);
  }
  sink_->OnOutcome(std::move(outcome));
}

}  // namespace muster::server
