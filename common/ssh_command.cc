#include "common/ssh_command.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <stdlib.h>

namespace muster {
namespace {

std::vector<std::string> SshWords() {
  const char* given = ::getenv("MUSTER_SSH");
  if (given == nullptr || *given == '\0') return {"ssh"};
  std::vector<std::string> words = absl::StrSplit(given, ' ', absl::SkipWhitespace());
  if (words.empty()) words.emplace_back("ssh");
  return words;
}

}  // namespace

std::vector<std::string> SshCommand(const Address& address, const std::vector<std::string>& options,
                                    const std::string& remote) {
  std::vector<std::string> line = SshWords();
  const auto add = [&line](const std::string& flag, const std::string& value) {
    line.push_back(flag);
    line.push_back(value);
  };
  if (!address.config.empty()) add("-F", address.config);
  // BatchMode: never ask. No ControlMaster: killing this ssh must not end another session of the
  // user's that shares its connection (using a master that is there already is fine).
  line.emplace_back("-T");
  add("-o", "BatchMode=yes");
  add("-o", "ControlMaster=no");
  for (const std::string& option : options) add("-o", option);
  if (address.port != 0) add("-p", absl::StrCat(address.port));
  if (!address.jump.empty()) add("-J", address.jump);
  if (!address.keyfile.empty()) {
    // No other key of the agent's: a server counts each as a failure.
    add("-o", "IdentitiesOnly=yes");
    add("-i", address.keyfile);
  }
  line.emplace_back("--");
  line.push_back(absl::StrCat(address.user, address.user.empty() ? "" : "@", address.host));
  line.push_back(remote);
  return line;
}

std::string QuotedForSsh(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

}  // namespace muster
