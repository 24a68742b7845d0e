#include "provision/broken_hook.h"

#include <absl/strings/str_cat.h>

#include <nlohmann/json.hpp>

namespace muster::provision {

bool BrokenHook::Has(HookEvent event) const {
  return MayVeto(event) && (!file_.is_program || event == file_.event);
}

std::string BrokenHook::Title(HookEvent event) const {
  return absl::StrCat(file_.name, ":", NameOf(event));
}

absl::StatusOr<nlohmann::json> BrokenHook::Call(const HookCall& /*call*/) {
  return absl::FailedPreconditionError(file_.problem);
}

}  // namespace muster::provision
