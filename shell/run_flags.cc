#include "shell/run_flags.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cstdint>

#include "common/quantity.h"
#include "common/status_macros.h"

namespace muster::clustershell {
namespace {

template <bool LineOptions::*flag>
absl::Status Switch(absl::string_view /*value*/, LineOptions& options) {
  options.*flag = true;
  return absl::OkStatus();
}

template <bool asks>
absl::Status SetAsks(absl::string_view /*value*/, LineOptions& options) {
  options.asks = asks;
  return absl::OkStatus();
}

absl::Status AboveZero(bool is_above, absl::string_view value) {
  if (is_above) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", value, "\" is nothing; it has to be above 0"));
}

absl::Status SetFanout(absl::string_view value, LineOptions& options) {
  ASSIGN_OR_RETURN(options.fanout, ParseCount(value));
  return AboveZero(options.fanout > 0, value);
}

absl::Status SetConnectTimeout(absl::string_view value, LineOptions& options) {
  ASSIGN_OR_RETURN(options.connect_timeout, ParseDuration(value));
  return AboveZero(options.connect_timeout->count() > 0, value);
}

absl::Status SetCommandTimeout(absl::string_view value, LineOptions& options) {
  ASSIGN_OR_RETURN(options.execution.deadline, ParseDuration(value));
  return AboveZero(options.execution.deadline->count() > 0, value);
}

absl::Status SetLoginUser(absl::string_view value, LineOptions& options) {
  const bool is_name = !value.empty() && value[0] != '-' &&
                       std::all_of(value.begin(), value.end(), [](unsigned char c) {
                         return absl::ascii_isgraph(c) || c >= 0x80;
                       });
  if (!is_name) {
    return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is no name of a user"));
  }
  options.login_user = std::string(value);
  return absl::OkStatus();
}

}  // namespace

const std::vector<LineFlag>& RunFlags() {
  static const auto* const flags = new std::vector<LineFlag>{
      {'f', "--fanout", "N", "on at most so many nodes at once", &SetFanout},
      {'t', "--connect-timeout", "D", "give a node up that is not connected to by then",
       &SetConnectTimeout},
      {'u', "--command-timeout", "D", "the same as --timeout", &SetCommandTimeout},
      {'l', "--user", "USER", "log in as this user where an address is ssh:…", &SetLoginUser},
      {'i', "--stdin", nullptr, "our standard input goes to the command on every node",
       &Switch<&LineOptions::reads_input>},
      {0, "--ask", nullptr,
       "it may wait for input, which `@TARGET text` then is; so it is at the prompt",
       &SetAsks<true>},
      {0, "--no-ask", nullptr, "it finds the end of its standard input at once", &SetAsks<false>},
      {'P', "--progress", nullptr,
       "how many nodes have ended, on a terminal, from the start; else after 2 s",
       &Switch<&LineOptions::shows_progress>},
      {'S', "--maxrc", nullptr, "end with the largest exit code of the command",
       &Switch<&LineOptions::returns_remote_code>},
      {0, "--bg", nullptr, "as a job: the prompt comes back at once, `jobs` lists it",
       &Switch<&LineOptions::is_in_background>},
      {0, "--dry-run", nullptr, "say what would run on which nodes, and run nothing",
       &Switch<&LineOptions::is_dry>},
      {'y', "--yes", nullptr, "ask no questions", &Switch<&LineOptions::assumes_yes>},
  };
  return *flags;
}

}  // namespace muster::clustershell
