#include "server/service/interact_wire.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <signal.h>

#include <algorithm>
#include <cstdint>

#include "common/limits.h"

namespace muster::server {
namespace {

constexpr std::uint32_t kMaxCells = 65535;
constexpr std::size_t kMaxTypeBytes = 255;

std::optional<std::string> CheckSize(const v1::WindowSize& size) {
  if (size.rows() <= kMaxCells && size.columns() <= kMaxCells) return std::nullopt;
  return absl::StrCat("a window has at most ", kMaxCells, " rows and columns, not ", size.rows(),
                      " by ", size.columns());
}

}  // namespace

WindowSize ReadWindowSize(const v1::WindowSize& message) {
  return {static_cast<unsigned short>(message.rows()),
          static_cast<unsigned short>(message.columns())};
}

Terminal ReadTerminal(const v1::Terminal& message) {
  return {ReadWindowSize(message.size()), message.type().empty() ? "dumb" : message.type()};
}

std::optional<std::string> CheckTerminal(const v1::Terminal& message) {
  if (message.type().size() > kMaxTypeBytes || absl::StrContains(message.type(), '\0')) {
    return absl::StrCat("the type of a terminal has at most ", kMaxTypeBytes,
                        " bytes and no NUL among them");
  }
  return CheckSize(message.size());
}

std::optional<std::string> CheckSessionName(const std::string& name) {
  constexpr std::size_t kMaxNameBytes = 64;
  const bool is_valid = !name.empty() && name.size() <= kMaxNameBytes &&
                        absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
                        std::all_of(name.begin(), name.end(), [](unsigned char c) {
                          return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
                        });
  if (is_valid) return std::nullopt;
  return absl::StrCat("a session's name is a letter, then letters, digits, '_', '.' and '-', ",
                      kMaxNameBytes, " at most");
}

std::optional<std::string> CheckSessionUse(const v1::ExecuteRequest& message) {
  if (auto problem = CheckSessionName(message.session())) return problem;
  const bool is_python = message.has_python();
  if (message.has_argv()) {
    return std::string("a session runs shell commands or Python: send the program as a shell line");
  }
  if (message.has_files()) return std::string("files are not copied in a session");
  if (!message.directory().empty() || message.environment_size() > 0) {
    return absl::StrCat("a session keeps its own directory and environment: use ",
                        is_python ? "os.chdir and os.environ" : "cd and export", " in it");
  }
  if (message.leftovers() != v1::LEFTOVERS_OWN_SESSION) {
    return std::string("in a session background jobs stay: reap and keep do not apply");
  }
  if (message.has_limits()) {
    return absl::StrCat("a command of a session takes no limits: use ",
                        is_python ? "resource.setrlimit" : "ulimit", " in it");
  }
  if (message.resources_size() > 0) {
    return std::string("a command of a session takes no resources: it is no process of its own");
  }
  if (is_python && message.isolation() == v1::ISOLATION_FRESH) {
    return std::string("in a session the namespace stays: a fresh process does not apply");
  }
  return std::nullopt;
}

std::optional<std::string> CheckInteraction(const v1::InteractRequest& message) {
  switch (message.request_case()) {
    case v1::InteractRequest::kStart:
      return std::string("start is for the first message only");
    case v1::InteractRequest::kInput:
      if (message.input().size() <= kMaxInputBytes) return std::nullopt;
      return absl::StrCat("a piece of input has at most ", kMaxInputBytes, " bytes, not ",
                          message.input().size());
    case v1::InteractRequest::kWindowSize:
      return CheckSize(message.window_size());
    case v1::InteractRequest::kSignal:
      if (message.signal() > 0 && message.signal() <= SIGRTMAX) return std::nullopt;
      return absl::StrCat("there is no signal ", message.signal());
    case v1::InteractRequest::kEndOfInput:
      return std::nullopt;
    case v1::InteractRequest::REQUEST_NOT_SET:
      return std::string("a message without a request; is the client newer than this clusterd?");
  }
  return std::nullopt;
}

}  // namespace muster::server
