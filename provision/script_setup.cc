#include "provision/script_setup.h"

namespace muster::provision {

absl::StatusOr<std::shared_ptr<SetupProvider>> MakeScriptSetup(const Settings& /*settings*/) {
  return absl::UnimplementedError("the setup script is not there yet");
}

std::vector<std::string> ScriptSetupSettings() { return {"scripts", "timeout"}; }

}  // namespace muster::provision
