#include "files/checksum.h"

#include <catch2/catch.hpp>
#include <string>

#include "files/record.h"

using muster::files::Checksum;
using muster::files::Digest;
using muster::files::kBlockBytes;

namespace {

Digest Of(const std::string& bytes) {
  Digest digest;
  for (std::size_t at = 0; at < bytes.size(); at += kBlockBytes) {
    const std::string block = bytes.substr(at, kBlockBytes);
    digest.AddBlock(Checksum(block), block.size());
  }
  return digest;
}

}  // namespace

TEST_CASE("checksums are those of XXH3") {
  CHECK(Checksum("") == 0x2d06800538d394c2);
  CHECK(Checksum("a") == 0xe6c632b61e964e1f);
}

TEST_CASE(
    "a digest sees what is in a file, where it is, and no difference between zeros and holes") {
  const std::string zeros(kBlockBytes, '\0');
  const std::string data(kBlockBytes, 'x');
  Digest hole;
  hole.AddZerosUpTo(2 * kBlockBytes);
  hole.AddBlock(Checksum(data), data.size());
  hole.AddZerosUpTo(4 * kBlockBytes + 3);
  CHECK(hole.bytes() == 4 * kBlockBytes + 3);
  CHECK(hole.value() == Of(zeros + zeros + data + zeros + std::string(3, '\0')).value());
  CHECK(hole.value() != Of(zeros + data + zeros + zeros + std::string(3, '\0')).value());
  CHECK(Of(data).value() != Of(data + "x").value());
  CHECK(Of("x").value() != Of("y").value());
  Digest vast;
  vast.AddZerosUpTo(~std::uint64_t{0});  // at once
  CHECK(vast.bytes() == ~std::uint64_t{0});
}
