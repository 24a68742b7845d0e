#include "provision/hook_event.h"

#include <cstddef>

namespace muster::provision {

const std::vector<HookEvent>& HookEvents() {
  static const auto* const kEvents = new std::vector<HookEvent>{
      HookEvent::kPreStart,   HookEvent::kPreGroup,   HookEvent::kPostStart,
      HookEvent::kPreStop,    HookEvent::kFields,     HookEvent::kInformation,
      HookEvent::kPreExecute, HookEvent::kPostExecute};
  return *kEvents;
}

const std::vector<std::string>& NamesOf(HookEvent event) {
  static const auto* const kNames = new std::vector<std::vector<std::string>>{
      {"pre_start_nodes", "pre_instance_bulk_insert"},
      {"pre_group", "pre_placement_group_insert"},
      {"post_start_nodes", "post_main_resume_nodes"},
      {"pre_stop_nodes", "pre_main_suspend_nodes"},
      {"register_node_fields", "register_instance_information_fields"},
      {"instance_information"},
      {"pre_execute"},
      {"post_execute"},
  };
  return (*kNames)[static_cast<std::size_t>(event)];
}

const std::string& NameOf(HookEvent event) { return NamesOf(event).front(); }

bool MayVeto(HookEvent event) {
  return event == HookEvent::kPreStart || event == HookEvent::kPreGroup ||
         event == HookEvent::kPreStop || event == HookEvent::kPreExecute;
}

}  // namespace muster::provision
