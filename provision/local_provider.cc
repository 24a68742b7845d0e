#include "provision/local_provider.h"

namespace muster::provision {

absl::StatusOr<std::shared_ptr<CloudProvider>> MakeLocalProvider(const Settings& /*settings*/) {
  return absl::UnimplementedError("the provider local is not there yet");
}

std::vector<std::string> LocalProviderSettings() { return {"root", "clusterd", "workers"}; }

}  // namespace muster::provision
