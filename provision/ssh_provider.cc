#include "provision/ssh_provider.h"

namespace muster::provision {

absl::StatusOr<std::shared_ptr<CloudProvider>> MakeSshProvider(const Settings& /*settings*/) {
  return absl::UnimplementedError("the provider ssh is not there yet");
}

std::vector<std::string> SshProviderSettings() { return {"hosts"}; }

}  // namespace muster::provision
