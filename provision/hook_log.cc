#include "provision/hook_log.h"

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/escape.h"
#include "common/unique_fd.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

constexpr off_t kLargest = 5 << 20;

void WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // nobody reads it, or the disk is full
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

HookLog::HookLog() {
  const absl::StatusOr<std::string> state = StateFolder();
  if (!state.ok()) return;
  const std::string folder = *state + "/logs";
  if (!MakeFolders(folder).ok()) return;
  path_ = folder + "/hooks.log";
  struct stat info {};
  if (::stat(path_.c_str(), &info) == 0 && info.st_size > kLargest) {
    ::rename(path_.c_str(), (path_ + ".1").c_str());
  }
}

void HookLog::Tell(const std::string& name, absl::string_view level, absl::string_view text) const {
  Keep(name, level, text);
  Show(name, text);
}

void HookLog::Show(const std::string& name, absl::string_view text) const {
  static const bool is_terminal = ::isatty(STDERR_FILENO) != 0;
  // In one piece, so that lines of several do not mix, and over the progress that may be shown.
  WriteAll(STDERR_FILENO,
           is_terminal ? absl::StrCat("\r\x1b[Khook ", name, ": ", EscapeControls(text), "\n")
                       : absl::StrCat("hook ", name, ": ", text, "\n"));
}

void HookLog::Keep(const std::string& name, absl::string_view level, absl::string_view text) const {
  if (path_.empty()) return;
  const UniqueFd file(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!file.IsOpen()) return;
  const std::string moment =
      absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::Now(), absl::LocalTimeZone());
  WriteAll(file.get(), absl::StrCat(moment, " ", level, " hook ", name, ": ", text, "\n"));
}

}  // namespace muster::provision
