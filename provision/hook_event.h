// The moments at which hooks are called, and what their functions are called. Plain data.
#pragma once

#include <string>
#include <vector>

namespace muster::provision {

enum class HookEvent {
  kPreStart,
  kPreGroup,
  kPostStart,
  kPreStop,
  kFields,
  kInformation,  // no moment of its own: what a module says of fields that it registered
  kPreExecute,
  kPostExecute,
};

const std::vector<HookEvent>& HookEvents();
// What a function, or a folder of executables, may be called: our name first.
const std::vector<std::string>& NamesOf(HookEvent event);
// "pre_start_nodes".
const std::string& NameOf(HookEvent event);
// Whether it comes before something, which may then be kept from happening.
bool MayVeto(HookEvent event);

}  // namespace muster::provision
