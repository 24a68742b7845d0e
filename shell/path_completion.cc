#include "shell/path_completion.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include "shell/shell_settings.h"

namespace muster::clustershell {
namespace {

constexpr std::chrono::milliseconds kPatience(900);
constexpr std::size_t kMostBytes = 256u << 10;

// Prints what begins with $1, folders with a slash, a NUL behind each; what begins with "~/" as it
// was typed.
constexpr char kScript[] =
    "case $1 in '~/'*) cd && p='~/' && set -- \"${1#??}\";; *) p=;; esac; "
    "for f in \"$1\"*; do if [ -d \"$f\" ]; then printf '%s/\\0' \"$p$f\"; "
    "elif [ -e \"$f\" ]; then printf '%s\\0' \"$p$f\"; fi; done";

// Whether a dot in front of the name keeps it out of sight.
bool IsHidden(const std::string& name, const std::string& typed_name) {
  return absl::StartsWith(name, ".") && !absl::StartsWith(typed_name, ".");
}

}  // namespace

std::vector<std::string> PathsHere(const std::string& typed) {
  const std::size_t slash = typed.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : typed.substr(0, slash + 1);
  const std::string name = typed.substr(folder.size());
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(
           folder.empty() ? "." : WithHome(folder),
           std::filesystem::directory_options::skip_permission_denied, error)) {
    const std::string found = entry.path().filename().string();
    if (!absl::StartsWith(found, name) || IsHidden(found, name)) continue;
    std::error_code ignored;
    paths.push_back(absl::StrCat(folder, found, entry.is_directory(ignored) ? "/" : ""));
  }
  return paths;
}

std::vector<std::string> PathsOfNode(Shell& shell, const std::string& target,
                                     const std::string& typed) {
  if (target.find_first_of("=<>@~") != std::string::npos) return {};  // they would be asked
  const Result<std::vector<Node>> nodes = shell.cluster().nodes(Target(target));
  if (!nodes.ok()) return {};
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  ExecuteOptions options;
  options.deadline = kPatience;
  options.directory = shell.defaults().execution.directory;
  Call call = shell.cluster().execute(nodes->front().index,
                                      argv({"sh", "-c", kScript, "sh", typed}), options);
  std::string text;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    std::optional<Event> event;
    if (left.count() <= 0 || !call.next_for(left, &event) || text.size() > kMostBytes) {
      call.cancel(std::chrono::milliseconds(0));
      return {};
    }
    if (!event) break;
    if (event->stream == Event::Stream::kStdout) text += event->data;
  }
  return absl::StrSplit(text, '\0', absl::SkipEmpty());
}

}  // namespace muster::clustershell
