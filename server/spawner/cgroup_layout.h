// CgroupLayout: where the hierarchies of control groups are mounted and which group of each a
// process lives in, read from the text of /proc/self/mountinfo and /proc/self/cgroup (proc(5),
// cgroups(7)). Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace muster::server {

// Folders of the groups this process lives in; empty: no such hierarchy is mounted.
struct CgroupLayout {
  std::string unified;       // v2
  std::string v1_memory;     // v1 with the memory controller
  std::string v1_processes;  // v1 with the pids controller
};

CgroupLayout ParseCgroupLayout(std::string_view mountinfo, std::string_view cgroup);

}  // namespace muster::server
