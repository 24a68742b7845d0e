#include "common/file_system.h"

#include <sys/vfs.h>

#include <iterator>

namespace muster {
namespace {

struct Kind {
  std::uint32_t type;
  const char* name;
};

// From linux/magic.h where it has them, else from the sources of the file system itself. Cluster
// file systems on shared disks are here, too: several machines see the same file.
constexpr Kind kNetworkKinds[] = {
    {0x00006969, "NFS"},    {0x0000517b, "SMB"},         {0xff534d42, "CIFS"},
    {0xfe534d42, "SMB2"},   {0x5346414f, "AFS"},         {0x6b414653, "AFS"},
    {0x73757245, "Coda"},   {0x0000564c, "NCP"},         {0x00c36400, "Ceph"},
    {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},        {0x19830326, "BeeGFS"},
    {0xaad7aaea, "PanFS"},  {0x20030528, "OrangeFS"},    {0xbeefdead, "StorNext"},
    {0x01161970, "GFS2"},   {0x7461636f, "OCFS2"},       {0x01021997, "9P"},
    {0x786f4256, "VBoxFS"}, {0xbacbacbc, "VMware HGFS"},
};

}  // namespace

std::string NetworkFileSystemName(std::uint64_t type) {
  for (const Kind& kind : kNetworkKinds) {
    if (kind.type == type) return kind.name;
  }
  return "";
}

std::string NetworkFileSystemOf(int fd) {
  struct statfs info {};
  if (::fstatfs(fd, &info) != 0) return "";
  // f_type is signed where the numbers of CIFS and others do not fit.
  return NetworkFileSystemName(static_cast<std::uint32_t>(info.f_type));
}

}  // namespace muster
