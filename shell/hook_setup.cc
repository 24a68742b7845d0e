#include "shell/hook_setup.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <stdlib.h>

#include <map>
#include <utility>

#include "common/config_file.h"
#include "common/status_macros.h"
#include "provision/hooks.h"

namespace muster::clustershell {

absl::Status UseHooks(const Options& options, const std::string& configuration) {
  // What a hook runs fires none: it would wait for itself.
  if (::getenv("MUSTER_HOOK") != nullptr) return absl::OkStatus();
  std::map<std::string, std::string> request;
  for (const std::string& word : options.hook_settings) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (!absl::StrContains(name, '.') || equals == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("--hook-setting takes HOOK.SETTING=VALUE, not '", word, "'"));
    }
    request[name] = word.substr(equals + 1);
  }
  ASSIGN_OR_RETURN(provision::HookSettings settings,
                   provision::ReadHookSettings(
                       configuration, ConfigFile::TrustOfUser(options.config) == Trust::kNamed));
  settings.traces = settings.traces || options.traces_hooks;
  settings.request = std::move(request);
  if (!settings.enabled.is_on()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::shared_ptr<provision::Hooks> hooks,
                   provision::Hooks::Open(std::move(settings)));
  provision::Hooks::Set(std::move(hooks));
  return absl::OkStatus();
}

}  // namespace muster::clustershell
