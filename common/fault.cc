#include "common/fault.h"

#if defined(MUSTER_FAULTS)

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "common/quantity.h"

namespace muster {
namespace {

// What the rule says to do at this step, this time; empty: nothing.
std::string ActionAt(const std::string& step, int times) {
  const char* variable = ::getenv("MUSTER_FAULT");
  std::string rules = variable == nullptr ? "" : variable;
  while (!rules.empty()) {
    const std::size_t end = rules.find(',');
    const std::string rule = rules.substr(0, end);
    rules.erase(0, end == std::string::npos ? end : end + 1);
    const std::size_t colon = rule.find(':');
    if (colon == std::string::npos || rule.substr(0, colon) != step) continue;
    const std::size_t at = rule.find('@');
    if (at != std::string::npos && ::atoi(rule.c_str() + at + 1) != times) continue;
    return rule.substr(colon + 1, at == std::string::npos ? at : at - colon - 1);
  }
  return "";
}

}  // namespace

bool FaultAt(const char* step) {
  static std::map<std::string, int> passed;
  const std::string action = ActionAt(step, ++passed[step]);
  if (action == "exit") ::_exit(1);
  constexpr char kDelay[] = "delay=";
  if (action.starts_with(kDelay)) {
    const auto delay = ParseDuration(action.substr(sizeof(kDelay) - 1));
    if (delay.ok()) std::this_thread::sleep_for(*delay);
  }
  return action == "fail";
}

}  // namespace muster

#endif
