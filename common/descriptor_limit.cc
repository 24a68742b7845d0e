#include "common/descriptor_limit.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <string.h>
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

std::string WhyNoDescriptor(int error) {
  const char* const words = ::strerror(error);
  if (error == EMFILE) {
    return absl::StrCat("no descriptor is left: ", words,
                        "; close some files, or raise the limit (ulimit -n)");
  }
  if (error == ENFILE) {
    return absl::StrCat("no descriptor is left: ", words, "; raise fs.file-max of this machine");
  }
  return words;
}

}  // namespace muster
