// CounterPattern: output whose every byte is known: 64-bit numbers that count from 0, little
// endian. One thread.
#pragma once

#include <ClusterAPI.h>

#include <cstdint>
#include <string>

namespace muster::test {

// Writes so many bytes of the pattern, a multiple of a MiB.
inline Command WritePattern(std::uint64_t mebibytes) {
  return argv({"/usr/bin/python3", "-c",
               "import array, os, sys\n"
               "for i in range(int(sys.argv[1])):\n"
               "  data = array.array('Q', range(i << 17, (i + 1) << 17)).tobytes()\n"
               "  while data: data = data[os.write(1, data):]\n",
               std::to_string(mebibytes)});
}

class CounterPattern {
 public:
  // The next piece, cut anywhere.
  void Add(const std::string& data) {
    for (const char byte : data) {
      const auto expected =
          static_cast<char>(static_cast<std::uint64_t>(bytes_) / 8 >> (bytes_ % 8 * 8));
      is_exact_ = is_exact_ && byte == expected;
      ++bytes_;
    }
  }
  std::uint64_t bytes() const { return bytes_; }
  bool IsExact() const { return is_exact_; }

 private:
  std::uint64_t bytes_ = 0;
  bool is_exact_ = true;
};

}  // namespace muster::test
