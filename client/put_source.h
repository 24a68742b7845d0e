// PutSource: what one put() sends, to all its nodes. Plain data.
#pragma once

#include <string>
#include <vector>

namespace muster {

struct PutSource {
  // What the paths and patterns mean now. The first that means nothing is told in `missing`.
  static PutSource Find(const std::vector<std::string>& local, std::string& missing);

  std::vector<std::string> paths;
  bool is_many = false;  // the destination is a folder
};

}  // namespace muster
