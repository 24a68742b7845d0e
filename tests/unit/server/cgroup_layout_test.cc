#include "server/spawner/cgroup_layout.h"

#include <catch2/catch.hpp>

using muster::server::CgroupLayout;
using muster::server::ParseCgroupLayout;

TEST_CASE("Pure v2: one hierarchy holds everything") {
  const CgroupLayout layout = ParseCgroupLayout(
      "25 30 0:22 / /proc rw shared:5 - proc proc rw\n"
      "29 23 0:25 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
      "0::/system.slice/clusterd.service\n");
  CHECK(layout.unified == "/sys/fs/cgroup/system.slice/clusterd.service");
  CHECK(layout.v1_memory.empty());
  CHECK(layout.v1_processes.empty());
}

TEST_CASE("Hybrid: v2 without controllers, v1 with them") {
  const CgroupLayout layout = ParseCgroupLayout(
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
      "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
      "9:name=systemd:/\n8:pids:/\n4:memory:/jobs/a\n1:cpu,cpuacct:/\n0::/\n");
  CHECK(layout.unified == "/sys/fs/cgroup/unified");
  CHECK(layout.v1_memory == "/sys/fs/cgroup/memory/jobs/a");
  CHECK(layout.v1_processes == "/sys/fs/cgroup/pids");
}

TEST_CASE("In a container the mount begins below the root of the hierarchy") {
  const CgroupLayout layout = ParseCgroupLayout(
      "700 650 0:32 /docker/abc /sys/fs/cgroup/memory ro master:15 - cgroup cgroup rw,memory\n",
      "4:memory:/docker/abc/job\n");
  CHECK(layout.v1_memory == "/sys/fs/cgroup/memory/job");
  CHECK(layout.unified.empty());
}

TEST_CASE("Nothing mounted, or nonsense: nothing found") {
  CHECK(ParseCgroupLayout("", "0::/\n").unified.empty());
  CHECK(ParseCgroupLayout("29 23 0:25 / /cg rw - cgroup2 cgroup2 rw\n", "").unified.empty());
  CHECK(ParseCgroupLayout("a b\n- cgroup2\n\n:::", "::\n:\nx\n").unified.empty());
}
