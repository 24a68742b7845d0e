#include "common/file_system.h"

#include <fcntl.h>
#include <linux/magic.h>

#include <catch2/catch.hpp>
#include <vector>

#include "common/unique_fd.h"

using muster::NetworkFileSystemName;
using muster::NetworkFileSystemOf;
using muster::UniqueFd;

TEST_CASE("network file systems are told by the number that statfs gives") {
  struct Row {
    std::uint32_t type;
    const char* name;
  };
  for (const Row& row :
       {Row{NFS_SUPER_MAGIC, "NFS"}, Row{SMB_SUPER_MAGIC, "SMB"}, Row{CIFS_SUPER_MAGIC, "CIFS"},
        Row{SMB2_SUPER_MAGIC, "SMB2"}, Row{AFS_SUPER_MAGIC, "AFS"}, Row{AFS_FS_MAGIC, "AFS"},
        Row{CODA_SUPER_MAGIC, "Coda"}, Row{NCP_SUPER_MAGIC, "NCP"}, Row{CEPH_SUPER_MAGIC, "Ceph"},
        Row{0x0bd00bd0, "Lustre"}, Row{0x47504653, "GPFS"}, Row{0x19830326, "BeeGFS"},
        Row{OCFS2_SUPER_MAGIC, "OCFS2"}, Row{V9FS_MAGIC, "9P"}}) {
    INFO(row.name);
    CHECK(NetworkFileSystemName(row.type) == row.name);
  }
}

TEST_CASE("local file systems and FUSE are no network file systems") {
  const std::vector<std::uint32_t> local = {
      EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,  TMPFS_MAGIC,      OVERLAYFS_SUPER_MAGIC,
      RAMFS_MAGIC,      FUSE_SUPER_MAGIC, PROC_SUPER_MAGIC, BTRFS_SUPER_MAGIC};
  for (const std::uint32_t type : local) CHECK(NetworkFileSystemName(type).empty());
  CHECK(NetworkFileSystemName(0).empty());
}

TEST_CASE("the kernel is asked for the file system of an open folder") {
  const UniqueFd folder(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(folder.IsOpen());
  CHECK(NetworkFileSystemOf(folder.get()).empty());
  CHECK(NetworkFileSystemOf(-1).empty());
}
