// HistoryFile: the lines a person typed, kept from one shell to the next. Each line is appended at
// once, so several shells share the file and a killed one has lost nothing. One thread.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "common/unique_fd.h"

namespace muster::clustershell {

class HistoryFile {
 public:
  // $XDG_STATE_HOME/muster/history, else ~/.local/state/muster/history. Empty: there is no home.
  static std::string DefaultPath();

  // Opens or makes it (0600, its folders 0700). Unavailable: it cannot be, with path and reason.
  static absl::StatusOr<HistoryFile> Open(const std::string& path);

  // The last `most` lines, the oldest first.
  std::vector<std::string> Load(std::size_t most) const;
  void Append(const std::string& line);

 private:
  explicit HistoryFile(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

}  // namespace muster::clustershell
