#include "common/descriptor_limit.h"

#include <sys/resource.h>

#include <atomic>

namespace muster {
namespace {

constexpr rlim_t kNotRaised = 0;

// As it was given to us.
std::atomic<rlim_t> given{kNotRaised};

bool Raise() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return false;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  given = before;
  return true;
}

}  // namespace

void RaiseDescriptorLimit() {
  static const bool kIsRaised = Raise();
  static_cast<void>(kIsRaised);
}

void PassOnDescriptorLimit(pid_t child) {
  rlimit limit{};
  if (given == kNotRaised || ::prlimit(child, RLIMIT_NOFILE, nullptr, &limit) != 0) return;
  if (given > limit.rlim_max) return;
  limit.rlim_cur = given;
  ::prlimit(child, RLIMIT_NOFILE, &limit, nullptr);
}

}  // namespace muster
