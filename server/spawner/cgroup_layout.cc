#include "server/spawner/cgroup_layout.h"

#include <algorithm>
#include <vector>

namespace muster::server {
namespace {

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

bool Contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

struct Mount {
  std::string root;  // which group of the hierarchy is seen at the mount's point
  std::string point;
  bool is_unified = false;
  std::vector<std::string> options;  // v1: its controllers among them
};

// "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory".
std::vector<Mount> ParseMounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string& line : Split(mountinfo, '\n')) {
    const std::vector<std::string> fields = Split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 6 || fields.end() - dash < 4) continue;
    const std::string& type = dash[1];
    if (type != "cgroup" && type != "cgroup2") continue;
    mounts.push_back({fields[3], fields[4], type == "cgroup2", Split(dash[3], ',')});
  }
  return mounts;
}

// The folder of `group` as the mount shows it; in a container the mount may begin below the root.
std::string FolderIn(const Mount& mount, const std::string& group) {
  std::string below = group;
  if (mount.root != "/" && group.starts_with(mount.root)) below = group.substr(mount.root.size());
  if (below == "/") below.clear();
  return mount.point + below;
}

}  // namespace

CgroupLayout ParseCgroupLayout(std::string_view mountinfo, std::string_view cgroup) {
  const std::vector<Mount> mounts = ParseMounts(mountinfo);
  CgroupLayout layout;
  // "4:memory:/user.slice", and for v2 "0::/user.slice".
  for (const std::string& line : Split(cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string group = line.substr(second + 1);
    const auto controllers = Split(line.substr(first + 1, second - first - 1), ',');
    for (const Mount& mount : mounts) {
      if (mount.is_unified && controllers.empty() && line.starts_with("0:")) {
        layout.unified = FolderIn(mount, group);
      }
      if (mount.is_unified) continue;
      if (Contains(controllers, "memory") && Contains(mount.options, "memory")) {
        layout.v1_memory = FolderIn(mount, group);
      }
      if (Contains(controllers, "pids") && Contains(mount.options, "pids")) {
        layout.v1_processes = FolderIn(mount, group);
      }
    }
  }
  return layout;
}

}  // namespace muster::server
