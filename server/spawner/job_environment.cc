#include "server/spawner/job_environment.h"

#include <stdlib.h>

#include <string_view>

extern char** environ;

namespace muster::server {
namespace {

constexpr std::string_view kKept[] = {"PATH",  "HOME", "USER",   "LOGNAME",
                                      "SHELL", "LANG", "LC_*",   "LANGUAGE",
                                      "TZ",    "TERM", "TMPDIR", "XDG_RUNTIME_DIR"};

bool Matches(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('*')) return name == pattern;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool IsKept(std::string_view name, const std::vector<std::string>& passed) {
  for (const std::string_view pattern : kKept) {
    if (Matches(name, pattern)) return true;
  }
  for (const std::string& pattern : passed) {
    if (Matches(name, pattern)) return true;
  }
  return false;
}

}  // namespace

void KeepJobVariables(const std::vector<std::string>& passed) {
  std::vector<std::string> dropped;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const std::string_view name = variable.substr(0, variable.find('='));
    if (!IsKept(name, passed)) dropped.emplace_back(name);
  }
  for (const std::string& name : dropped) ::unsetenv(name.c_str());
}

void SetUserVariables(const Account& account) {
  const char* path = account.uid == 0
                         ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                         : "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games";
  ::setenv("PATH", path, 1);
  ::setenv("HOME", account.home.c_str(), 1);
  ::setenv("USER", account.name.c_str(), 1);
  ::setenv("LOGNAME", account.name.c_str(), 1);
  ::setenv("SHELL", account.shell.empty() ? "/bin/sh" : account.shell.c_str(), 1);
  ::unsetenv("TMPDIR");
  ::unsetenv("XDG_RUNTIME_DIR");
}

}  // namespace muster::server
