#include "server/spawner/spawner_settings.h"

#include <stdlib.h>

#include <algorithm>
#include <string_view>

namespace muster::server {
namespace {

constexpr std::string_view kSwitchUsers = "--switch-users";
constexpr std::string_view kAllowRoot = "--allow-root";
constexpr std::string_view kNetwork = "--network-user=";
constexpr std::string_view kUser = "--user=";
constexpr std::string_view kHide = "--hide=";
constexpr std::string_view kPass = "--pass=";

}  // namespace

std::vector<std::string> SpawnerSettings::ToArguments() const {
  std::vector<std::string> arguments;
  if (switches_users) arguments.emplace_back(kSwitchUsers);
  if (allows_root) arguments.emplace_back(kAllowRoot);
  if (network) arguments.push_back(std::string(kNetwork) + std::to_string(*network));
  for (const uid_t user : users) arguments.push_back(std::string(kUser) + std::to_string(user));
  for (const std::string& folder : hidden) arguments.push_back(std::string(kHide) + folder);
  for (const std::string& name : passed_variables) arguments.push_back(std::string(kPass) + name);
  return arguments;
}

SpawnerSettings SpawnerSettings::FromArguments(int argc, char** argv) {
  SpawnerSettings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == kSwitchUsers) settings.switches_users = true;
    if (argument == kAllowRoot) settings.allows_root = true;
    if (argument.starts_with(kNetwork)) {
      settings.network = static_cast<uid_t>(::strtoul(argv[i] + kNetwork.size(), nullptr, 10));
    }
    if (argument.starts_with(kUser)) {
      settings.users.push_back(static_cast<uid_t>(::strtoul(argv[i] + kUser.size(), nullptr, 10)));
    }
    if (argument.starts_with(kHide)) settings.hidden.emplace_back(argument.substr(kHide.size()));
    if (argument.starts_with(kPass)) {
      settings.passed_variables.emplace_back(argument.substr(kPass.size()));
    }
  }
  return settings;
}

std::string SpawnerSettings::WhyNot(const JobRights& rights) const {
  if (!switches_users) {
    return rights.user ? "this clusterd cannot run commands as another user" : "";
  }
  if (!rights.user) return "the request names no user to run as";
  if (*rights.user == 0) return allows_root ? "" : "commands as root are off here";
  if (rights.user == network) {
    return "commands cannot run as the user that clusterd itself is here (" + UserName(*network) +
           "): they could end it; give clusterd a user of its own: useradd --system muster";
  }
  if (users.empty() || std::find(users.begin(), users.end(), *rights.user) != users.end()) {
    return "";
  }
  return "no rule of the configuration lets commands run as user " + std::to_string(*rights.user);
}

}  // namespace muster::server
