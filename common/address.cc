#include "common/address.h"

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "common/limits.h"
#include "common/status_macros.h"

namespace muster {
namespace {

constexpr char kForms[] = "an address is unix:/path, or ssh:[user@]host[:port][/socket/path]";
constexpr std::size_t kMaxNameBytes = 64;

absl::Status BadAddress(absl::string_view text, const std::string& why) {
  return absl::InvalidArgumentError(
      absl::StrCat("bad address \"", text, "\": ", why, "; ", kForms));
}

absl::Status CheckPath(absl::string_view text, absl::string_view path) {
  if (!absl::StartsWith(path, "/") || path == "/") {
    return BadAddress(text, "the path of a socket begins with / and names a file");
  }
  if (path.size() > kMaxSocketPathBytes) {
    return BadAddress(text, absl::StrCat("the path has ", path.size(),
                                         " bytes, and the path of a Unix socket holds at most ",
                                         kMaxSocketPathBytes));
  }
  if (absl::StrContains(path, '\0')) return BadAddress(text, "it holds a NUL");
  return absl::OkStatus();
}

// A host or user as ssh takes it. What begins with `-` would be an option to ssh.
absl::Status CheckWord(absl::string_view text, absl::string_view what, absl::string_view word) {
  if (word.empty()) return BadAddress(text, absl::StrCat("the ", what, " is missing"));
  if (word.front() == '-') {
    return BadAddress(text, absl::StrCat("the ", what, " begins with \"-\""));
  }
  const bool plain = std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return c > ' ' && c != 0x7f && c != '@' && c != '"' && c != '\'' && c != '\\';
  });
  if (!plain) {
    return BadAddress(text, absl::StrCat("the ", what, " holds a character it cannot hold"));
  }
  return absl::OkStatus();
}

// `host`, `host:port`, `[2001:db8::1]`, `[2001:db8::1]:port`.
absl::Status ParseHost(absl::string_view text, absl::string_view rest, Address& address) {
  absl::string_view port;
  bool has_port = false;
  if (absl::ConsumePrefix(&rest, "[")) {
    const std::size_t close = rest.find(']');
    if (close == absl::string_view::npos) return BadAddress(text, "the \"]\" is missing");
    address.host = std::string(rest.substr(0, close));
    port = rest.substr(close + 1);
    has_port = absl::ConsumePrefix(&port, ":");
    if (!has_port && !port.empty()) {
      return BadAddress(text, "only :port or /path may follow the \"]\"");
    }
  } else {
    const std::size_t colon = rest.find(':');
    has_port = colon != absl::string_view::npos;
    address.host = std::string(rest.substr(0, colon));
    if (has_port) port = rest.substr(colon + 1);
    if (absl::StrContains(port, ':')) {
      return BadAddress(text, "an IPv6 host stands in brackets, as in ssh:[2001:db8::1]:22");
    }
  }
  RETURN_IF_ERROR(CheckWord(text, "host", address.host));
  if (has_port &&
      (!absl::SimpleAtoi(port, &address.port) || address.port < 1 || address.port > 65535)) {
    return BadAddress(text, "the port is a number from 1 to 65535");
  }
  return absl::OkStatus();
}

// `[user@]host[:port]`.
absl::Status ParseWay(absl::string_view text, absl::string_view rest, Address& address) {
  const std::size_t at = rest.find('@');
  if (at != absl::string_view::npos) {
    address.user = std::string(rest.substr(0, at));
    RETURN_IF_ERROR(CheckWord(text, "user", address.user));
    rest = rest.substr(at + 1);
  }
  return ParseHost(text, rest, address);
}

// A host on the way.
absl::Status CheckHop(absl::string_view text, absl::string_view hop) {
  Address address;
  return ParseWay(text, hop, address);
}

// The bytes of an option's value as they stand in an address.
std::string Encoded(absl::string_view value) {
  std::string text;
  for (const unsigned char c : value) {
    if (absl::ascii_isalnum(c) || absl::StrContains("/._-~:@[]", c)) {
      text.push_back(static_cast<char>(c));
    } else {
      absl::StrAppend(&text, "%", absl::Hex(c, absl::kZeroPad2));
    }
  }
  return text;
}

// Empty: a % is followed by no number of a byte.
std::optional<std::string> Decoded(absl::string_view text) {
  std::string value;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      value.push_back(text[at]);
      continue;
    }
    int byte = 0;
    if (at + 2 >= text.size() || !absl::ascii_isxdigit(text[at + 1]) ||
        !absl::SimpleHexAtoi(text.substr(at + 1, 2), &byte) || byte == 0) {
      return std::nullopt;
    }
    value.push_back(static_cast<char>(byte));
    at += 2;
  }
  return value;
}

// One option of an ssh address, by its name.
struct AddressOption {
  const char* name;
  std::string Address::*field;
  bool is_path;
};
constexpr AddressOption kOptions[] = {{"relay", &Address::relay, true},
                                      {"keyfile", &Address::keyfile, true},
                                      {"jump", &Address::jump, false},
                                      {"config", &Address::config, true}};

absl::Status ParseOptions(absl::string_view text, absl::string_view options, Address& address) {
  for (const absl::string_view option : absl::StrSplit(options, '&')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(option, absl::MaxSplits('=', 1));
    const auto* const known =
        std::find_if(std::begin(kOptions), std::end(kOptions),
                     [&](const AddressOption& candidate) { return parts.first == candidate.name; });
    if (known == std::end(kOptions)) {
      return BadAddress(text,
                        absl::StrCat("behind the \"?\" stand relay=, keyfile=, jump= and config=, "
                                     "with & between them, and not \"",
                                     option, "\""));
    }
    const std::optional<std::string> value = Decoded(parts.second);
    if (!value) {
      return BadAddress(text, "behind a % stands the number of a byte, as %2C");
    }
    if (known->is_path && !absl::StartsWith(*value, "/")) {
      return BadAddress(text, absl::StrCat(known->name, " takes a whole path, from / on"));
    }
    if (!known->is_path) {
      for (const absl::string_view hop : absl::StrSplit(*value, ',')) {
        RETURN_IF_ERROR(CheckHop(text, hop));
      }
    }
    address.*(known->field) = *value;
  }
  return absl::OkStatus();
}

absl::StatusOr<Address> ParseSsh(absl::string_view text, absl::string_view rest) {
  Address address;
  address.kind = Address::Kind::kSsh;
  if (const std::size_t mark = rest.find('?'); mark != absl::string_view::npos) {
    RETURN_IF_ERROR(ParseOptions(text, rest.substr(mark + 1), address));
    rest = rest.substr(0, mark);
  }
  const std::size_t slash = rest.find('/');
  if (slash != absl::string_view::npos) {
    address.path = std::string(rest.substr(slash));
    RETURN_IF_ERROR(CheckPath(text, address.path));
    rest = rest.substr(0, slash);
  }
  RETURN_IF_ERROR(ParseWay(text, rest, address));
  return address;
}

// Whether a daemon of this user may put its socket there: after `sudo -E` or `su` the variable
// names the folder of somebody else.
bool IsOwnFolder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
}

constexpr char kSystemSocket[] = "/run/muster/clusterd.sock";

}  // namespace

std::string Address::ToString() const {
  if (kind == Kind::kUnix) return absl::StrCat("unix:", path);
  const bool bracketed = absl::StrContains(host, ':');
  std::string text =
      absl::StrCat("ssh:", user, user.empty() ? "" : "@", bracketed ? "[" : "", host,
                   bracketed ? "]" : "", port == 0 ? "" : absl::StrCat(":", port), path);
  const char* separator = "?";
  for (const AddressOption& option : kOptions) {
    if ((this->*option.field).empty()) continue;
    absl::StrAppend(&text, separator, option.name, "=", Encoded(this->*option.field));
    separator = "&";
  }
  return text;
}

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  absl::string_view rest = trimmed;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    RETURN_IF_ERROR(CheckPath(trimmed, rest));
    Address address;
    address.path = std::string(rest);
    return address;
  }
  if (absl::ConsumePrefix(&rest, "ssh:")) return ParseSsh(trimmed, rest);
  if (trimmed.empty()) return BadAddress(trimmed, "it is empty");
  if (trimmed.front() == '/') return BadAddress(trimmed, "a path needs unix: before it");
  const std::size_t colon = trimmed.rfind(':');
  int port = 0;
  if (colon != absl::string_view::npos && absl::SimpleAtoi(trimmed.substr(colon + 1), &port)) {
    return BadAddress(trimmed,
                      absl::StrCat("TCP is not served; another machine is reached through OpenSSH, "
                                   "as ssh:",
                                   colon == 0 ? "HOST" : trimmed.substr(0, colon)));
  }
  return BadAddress(trimmed, "it begins with neither unix: nor ssh:");
}

bool IsValidName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || !absl::ascii_isalpha(name.front())) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
  });
}

std::string DefaultSocketPath() {
  const char* runtime = ::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/' && IsOwnFolder(runtime)) {
    return absl::StrCat(absl::StripSuffix(runtime, "/"), "/muster/clusterd.sock");
  }
  if (::geteuid() == 0) return kSystemSocket;
  return absl::StrCat("/tmp/muster-", ::geteuid(), "/clusterd.sock");
}

std::vector<std::string> DefaultSocketCandidates() {
  std::vector<std::string> candidates{DefaultSocketPath()};
  if (candidates.front() != kSystemSocket) candidates.emplace_back(kSystemSocket);
  return candidates;
}

}  // namespace muster
