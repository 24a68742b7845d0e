#include "files/open_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace muster::files {

UniqueFd OpenBeneath(int folder, const std::string& name, int flags, mode_t mode) {
  flags |= O_NOFOLLOW | O_CLOEXEC;
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0;; ++tries) {
    UniqueFd opened(
        static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof(how))));
    if (opened.IsOpen()) return opened;
    // Something was renamed meanwhile, somewhere: the kernel wants to be asked again.
    if (errno == EAGAIN && tries < 100) continue;
    if (errno != ENOSYS && errno != EPERM && errno != EAGAIN) return opened;
    return UniqueFd(::openat(folder, name.c_str(), flags, mode));
  }
}

}  // namespace muster::files
