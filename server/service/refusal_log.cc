#include "server/service/refusal_log.h"

#include <spdlog/spdlog.h>

namespace muster::server {
namespace {
constexpr std::chrono::seconds kBetweenLines{1};
}  // namespace

void RefusalLog::Warn(const std::string& kind, const std::string& line) {
  Kind& state = kinds_[kind];
  const auto now = std::chrono::steady_clock::now();
  if (now < state.next) {
    ++state.left_out;
    return;
  }
  if (state.left_out > 0) {
    spdlog::warn("{} (and {} more since the last such line)", line, state.left_out);
  } else {
    spdlog::warn("{}", line);
  }
  state = {now + kBetweenLines, 0};
}

bool RefusalLog::Flush() {
  bool has_more = false;
  const auto now = std::chrono::steady_clock::now();
  for (auto& [kind, state] : kinds_) {
    if (state.left_out == 0) continue;
    if (now < state.next) {
      has_more = true;
      continue;
    }
    spdlog::warn("{}: {} more since the last such line", kind, state.left_out);
    state = {now + kBetweenLines, 0};
  }
  return has_more;
}

}  // namespace muster::server
