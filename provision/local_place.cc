#include "provision/local_place.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "common/address.h"
#include "common/limits.h"
#include "provision/process_scan.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLastWords = 400;
constexpr std::chrono::milliseconds kUnborn{500};
constexpr std::chrono::milliseconds kUnbornPoll{10};

bool IsPlain(const std::string& path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("/._-+@", c);
  });
}

// A folder and no link to one.
bool IsFolder(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

LocalPlace::LocalPlace(std::string root, const LabelParts& parts, const std::string& random)
    : root_(std::move(root)),
      cluster_(absl::StrCat(root_, "/", parts.cluster)),
      random_(random),
      folder_(absl::StrCat(cluster_, "/", parts.node, "-", random)) {}

std::string LocalPlace::socket() const {
  std::string path = folder_ + "/clusterd.sock";
  if (path.size() + ::strlen(".lock") < kMaxSocketPathBytes && IsPlain(path)) return path;
  const fs::path standard(DefaultSocketCandidates().front());
  return absl::StrCat(standard.parent_path().string(), "/", random_, ".sock");
}

bool LocalPlace::IsOurs(const std::string& label) const {
  if (!IsFolder(cluster_) || !IsFolder(folder_)) return false;
  const absl::StatusOr<std::string> kept = ReadFile(mark());
  if (kept.ok()) return *kept == label + "\n";
  std::error_code ignored;
  for (fs::directory_iterator entry(folder_, ignored), end; entry != end;
       entry.increment(ignored)) {
    if (!absl::StartsWith(entry->path().filename().string(), "label.")) return false;
  }
  return true;
}

std::vector<pid_t> LocalPlace::Daemons() const {
  const absl::StatusOr<std::string> pid = ReadFile(pid_file());
  const pid_t kept = pid.ok() ? static_cast<pid_t>(::strtol(pid->c_str(), nullptr, 10)) : 0;
  const std::vector<std::string> words = {"--config", configuration()};
  if (HasArguments(kept, words)) return {kept};
  return ProcessesWithArguments(words);
}

bool LocalPlace::IsBeingMade() const {
  std::error_code ignored;
  const auto deadline = std::chrono::steady_clock::now() + kUnborn;
  while (std::chrono::steady_clock::now() < deadline && fs::exists(configuration(), ignored) &&
         !fs::exists(pid_file(), ignored)) {
    if (!Daemons().empty()) return true;
    std::this_thread::sleep_for(kUnbornPoll);
  }
  return false;
}

std::string LocalPlace::LastWords() const {
  const absl::StatusOr<std::string> text = ReadFile(log());
  if (!text.ok()) return "";
  const std::vector<std::string> lines = absl::StrSplit(absl::StripAsciiWhitespace(*text), '\n');
  // That it listens is said first, and explains nothing.
  if (absl::StrContains(lines.back(), " listening on ")) return "";
  return lines.back().substr(0, kMaxLastWords);
}

}  // namespace muster::provision
