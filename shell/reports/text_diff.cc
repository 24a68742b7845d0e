#include "shell/reports/text_diff.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <utility>

#include "common/child_process.h"
#include "common/status_macros.h"
#include "common/unique_fd.h"

namespace muster::clustershell {
namespace {

absl::StatusOr<UniqueFd> MakeFile(absl::string_view text) {
  UniqueFd file(::memfd_create("diff", MFD_CLOEXEC));
  while (file.get() >= 0 && !text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0) break;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file.get() < 0 || !text.empty()) {
    return absl::UnavailableError(absl::StrCat("no room for diff(1): ", ::strerror(errno)));
  }
  return file;
}

std::string ReadAll(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return "";
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

}  // namespace

absl::StatusOr<std::string> DiffTexts(absl::string_view old_label, absl::string_view old_text,
                                      absl::string_view new_label, absl::string_view new_text) {
  constexpr int kOld = 3;
  constexpr int kNew = 4;
  constexpr std::chrono::minutes kLongest(1);
  ASSIGN_OR_RETURN(const UniqueFd old_file, MakeFile(old_text));
  ASSIGN_OR_RETURN(const UniqueFd new_file, MakeFile(new_text));
  ASSIGN_OR_RETURN(const UniqueFd result, MakeFile(""));
  ChildProcess::Options options;
  options.argv = {"diff",
                  "--text",
                  "-u",
                  "--label",
                  std::string(old_label),
                  "--label",
                  std::string(new_label),
                  "--",
                  "/dev/fd/3",
                  "/dev/fd/4"};
  options.fds = {{result.get(), STDOUT_FILENO},
                 {STDERR_FILENO, STDERR_FILENO},
                 {old_file.get(), kOld},
                 {new_file.get(), kNew}};
  ASSIGN_OR_RETURN(ChildProcess diff, ChildProcess::Start(options));
  const std::optional<int> status = diff.WaitUntil(std::chrono::steady_clock::now() + kLongest);
  constexpr int kTheyDiffer = 1;
  if (status && WIFEXITED(*status) && WEXITSTATUS(*status) <= kTheyDiffer) {
    return ReadAll(result.get());
  }
  if (!status) {
    diff.Kill(SIGKILL);
    diff.WaitUntil(std::chrono::steady_clock::time_point::max());
  }
  return absl::UnavailableError(
      absl::StrCat("diff(1) ", status ? DescribeWaitStatus(*status) : "took too long"));
}

}  // namespace muster::clustershell
