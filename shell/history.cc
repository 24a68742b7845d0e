#include "shell/history.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>

namespace muster::clustershell {
namespace {

// Only so much of the end of the file is read.
constexpr off_t kTailBytes = 1 << 20;

void MakeFolders(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    ::mkdir(path.substr(0, slash).c_str(), 0700);  // that it fails, open will tell
  }
}

}  // namespace

std::string HistoryFile::DefaultPath() {
  const char* state = ::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return absl::StrCat(state, "/muster/history");
  const char* home = ::getenv("HOME");
  if (home != nullptr && home[0] == '/') return absl::StrCat(home, "/.local/state/muster/history");
  return "";
}

absl::StatusOr<HistoryFile> HistoryFile::Open(const std::string& path) {
  MakeFolders(path);
  UniqueFd file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!file.IsOpen()) {
    return absl::UnavailableError(
        absl::StrCat("the history is not kept: cannot open ", path, ": ", ::strerror(errno)));
  }
  return HistoryFile(std::move(file));
}

std::vector<std::string> HistoryFile::Load(std::size_t most) const {
  const off_t size = ::lseek(file_.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - kTailBytes);
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, size - from)), '\0');
  const ssize_t got = ::pread(file_.get(), text.data(), text.size(), from);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  if (from > 0) text.erase(0, text.find('\n') + 1);  // it began in the middle of a line
  std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  if (lines.size() > most)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
  return lines;
}

void HistoryFile::Append(const std::string& line) {
  const std::string text = line + "\n";
  // In one piece, so that lines of two shells do not mix; a full disk must not end the shell.
  [[maybe_unused]] const auto written = ::write(file_.get(), text.data(), text.size());
}

}  // namespace muster::clustershell
