#include "common/last_words.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "common/escape.h"

namespace muster {
namespace {

constexpr off_t kMaxTailBytes = 64 << 10;
constexpr off_t kTrimBytes = 1 << 20;
constexpr std::size_t kMaxLines = 6;

off_t SizeOf(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? info.st_size : 0;
}

// Lines that are only a frame (ssh draws one of '@' around a changed host key) say nothing.
bool SaysSomething(absl::string_view line) {
  for (const unsigned char c : line) {
    if (absl::ascii_isalnum(c)) return true;
  }
  return false;
}

}  // namespace

LastWords::LastWords() : file_(::memfd_create("stderr of a child of Muster", MFD_CLOEXEC)) {
  // The child's copy shares the position with other writers; each line goes to the end.
  if (file_.IsOpen()) ::fcntl(file_.get(), F_SETFL, O_APPEND);
}

std::string LastWords::All() const {
  if (!file_.IsOpen()) return "";
  const off_t size = SizeOf(file_.get());
  const off_t begin = size > kMaxTailBytes ? size - kMaxTailBytes : 0;
  std::string text(static_cast<std::size_t>(size - begin), '\0');
  const ssize_t count = ::pread(file_.get(), text.data(), text.size(), begin);
  // Not resize: a copy of it in this file would be taken for the one that Abseil's archive asks
  // for, and bring this file, with the shared Abseil, into programs that have the archive.
  return text.substr(0, count < 0 ? 0 : static_cast<std::size_t>(count));
}

std::string LastWords::Tail() const {
  const std::string text = All();
  std::vector<absl::string_view> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (SaysSomething(line)) lines.push_back(line);
  }
  if (lines.size() > kMaxLines) lines.erase(lines.begin(), lines.end() - kMaxLines);
  return EscapeControls(absl::StrJoin(lines, "; "));
}

void LastWords::Trim() const {
  if (file_.IsOpen() && SizeOf(file_.get()) > kTrimBytes) {
    // Failing leaves it large, which is all that can be done about it.
    if (::ftruncate(file_.get(), 0) != 0) return;
  }
}

}  // namespace muster
