#include "provision/ssh_host_list.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include "common/marked_text.h"
#include "common/node_pattern.h"
#include "common/status_macros.h"

namespace muster::provision {
namespace {

constexpr std::size_t kMaxHosts = 10'000;

// At commas and blanks, but not within brackets.
std::vector<std::string> Words(const std::string& text) {
  std::vector<std::string> words(1);
  int depth = 0;
  for (const char c : text) {
    if (c == '[') ++depth;
    if (c == ']') --depth;
    if (depth <= 0 && (c == ',' || c == ' ' || c == '\t' || c == '\n')) {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back().push_back(c);
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// The names that the part between user and port stands for.
absl::StatusOr<std::vector<std::string>> Expand(const std::string& host) {
  const bool is_address = absl::StrContains(host, ':');  // [2001:db8::1]
  if (is_address || !absl::StrContains(host, '[')) return std::vector<std::string>{host};
  ASSIGN_OR_RETURN(const NodePattern pattern,
                   NodePattern::Parse(MarkedText("hosts", host), 0, host.size()));
  std::vector<std::string> names;
  if (pattern.count() <= kMaxHosts) pattern.Expand(names);
  return names;
}

absl::Status TooMany() {
  return absl::InvalidArgumentError(absl::StrCat("hosts: at most ", kMaxHosts, " of them"));
}

}  // namespace

absl::StatusOr<std::vector<Address>> ParseHosts(const std::string& text) {
  std::vector<Address> hosts;
  for (const std::string& word : Words(text)) {
    const std::size_t at = word.find('@');
    const std::size_t begin = at == std::string::npos ? 0 : at + 1;
    const std::size_t bracket = word.rfind(']');
    std::size_t end = word.find(':', bracket == std::string::npos ? begin : bracket);
    if (end == std::string::npos) end = word.size();
    ASSIGN_OR_RETURN(const std::vector<std::string> names, Expand(word.substr(begin, end - begin)));
    if (names.empty()) return TooMany();
    for (const std::string& name : names) {
      ASSIGN_OR_RETURN(Address address, ParseAddress(absl::StrCat("ssh:", word.substr(0, begin),
                                                                  name, word.substr(end))));
      if (!address.path.empty() ||
          address != Address{Address::Kind::kSsh, "", address.user, address.host, address.port}) {
        return absl::InvalidArgumentError(
            absl::StrCat("hosts: '", word, "' is no [user@]host[:port]"));
      }
      hosts.push_back(std::move(address));
      if (hosts.size() > kMaxHosts) return TooMany();
    }
  }
  if (hosts.empty()) {
    return absl::InvalidArgumentError(
        "the provider ssh needs hosts: [user@]host[:port], several with commas, as web[1-4]");
  }
  return hosts;
}

}  // namespace muster::provision
