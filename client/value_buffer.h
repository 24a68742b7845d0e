// ValueBuffer: a value as it comes, piece by piece; it may have gigabytes. Not responsible for what
// the bytes mean. Not thread-safe.
#pragma once

#include <string>

namespace muster {

class ValueBuffer {
 public:
  void Append(const std::string& piece);
  // All of it, without a copy; the buffer is empty then.
  std::string Take();

 private:
  std::string bytes_;
};

}  // namespace muster
