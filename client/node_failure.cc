#include "client/node_failure.h"

namespace muster {
namespace {

constexpr std::chrono::milliseconds kQueueAllowance = std::chrono::hours(24);
constexpr std::chrono::milliseconds kGuardMargin = std::chrono::seconds(5);
// Above this there is no guard, and no overflow.
constexpr std::uint64_t kMaxGuardedMs = 1000ull * 3600 * 24 * 3650;

}  // namespace

bool IsRefusal(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::UNIMPLEMENTED:
      return true;
    default:
      return false;
  }
}

std::optional<std::chrono::milliseconds> GuardOf(std::optional<std::uint64_t> deadline_ms,
                                                 std::uint64_t grace_ms) {
  if (!deadline_ms || *deadline_ms > kMaxGuardedMs || grace_ms > kMaxGuardedMs) return std::nullopt;
  return std::chrono::milliseconds(*deadline_ms + grace_ms) + kQueueAllowance + kGuardMargin;
}

}  // namespace muster
