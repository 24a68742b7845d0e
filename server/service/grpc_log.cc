#include "server/service/grpc_log.h"

#include <absl/strings/escaping.h>
#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace muster::server {
namespace {

constexpr std::size_t kMaxBytes = 256;
constexpr std::int64_t kBetweenLines = 1000;  // milliseconds

std::atomic<std::int64_t> next_line = 0;
std::atomic<std::uint64_t> left_out = 0;

void Write(gpr_log_func_args* line) {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                               std::chrono::steady_clock::now().time_since_epoch())
                               .count();
  std::int64_t next = next_line;
  if (now < next || !next_line.compare_exchange_strong(next, now + kBetweenLines)) {
    ++left_out;
    return;
  }
  const std::string text = absl::CHexEscape(absl::string_view(line->message).substr(0, kMaxBytes));
  const std::uint64_t more = left_out.exchange(0);
  if (more > 0) {
    spdlog::warn("gRPC: {} (and {} more lines since the last one)", text, more);
  } else {
    spdlog::warn("gRPC: {}", text);
  }
}

}  // namespace

void TakeGrpcLog() { ::gpr_set_log_function(Write); }

}  // namespace muster::server
