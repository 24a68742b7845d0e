#include "files/blocks.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>

#include "files/record.h"

namespace muster::files {

std::uint64_t DataFinder::Next(std::uint64_t at, std::uint64_t size) {
  if (at >= size || at < data_until_) return std::min(at, size);
  const off_t data = ::lseek(fd_, static_cast<off_t>(at), SEEK_DATA);
  if (data < 0) {
    if (errno == ENXIO) return size;  // a hole up to the end
    data_until_ = size;               // a file system that does not tell
    return at;
  }
  const off_t hole = ::lseek(fd_, data, SEEK_HOLE);
  data_until_ = hole < 0 ? size : static_cast<std::uint64_t>(hole);
  const std::uint64_t block = static_cast<std::uint64_t>(data) / kBlockBytes * kBlockBytes;
  return std::min(std::max(block, at), size);
}

std::optional<std::string> ReadBlock(int fd, std::uint64_t at, std::uint64_t bytes) {
  std::string block(bytes, '\0');
  std::size_t have = 0;
  while (have < block.size()) {
    const ssize_t size =
        ::pread(fd, block.data() + have, block.size() - have, static_cast<off_t>(at + have));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::nullopt;
    if (size == 0) break;
    have += static_cast<std::size_t>(size);
  }
  block.resize(have);
  return block;
}

std::optional<Digest> DigestOf(int fd, std::uint64_t bytes, RecordChannel& channel) {
  Digest digest;
  DataFinder finder(fd);
  while (digest.bytes() < bytes) {
    const std::uint64_t at = finder.Next(digest.bytes(), bytes);
    digest.AddZerosUpTo(at);
    if (at >= bytes) break;
    if (channel.IsOver()) return std::nullopt;
    const std::uint64_t wanted = std::min(kBlockBytes, bytes - at);
    const auto block = ReadBlock(fd, at, wanted);
    if (!block || block->size() < wanted) return std::nullopt;
    digest.AddBlock(Checksum(*block), wanted);
  }
  return digest;
}

}  // namespace muster::files
