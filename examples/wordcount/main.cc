// wordcount [--local N] [DIR]: with the configured cluster, or with N nodes started here for it.
#include <iostream>

#include "wordcount.h"

int main(int argc, char** argv) {
  const bool local = argc > 2 && std::string(argv[1]) == "--local";
  auto cluster =
      local ? muster::ClusterAPI::local(std::atoi(argv[2])) : muster::ClusterAPI::connect();
  if (!cluster.ok()) {
    std::cerr << "wordcount: " << cluster.status().message() << "\n";
    return 4;
  }
  return WordCount(*cluster, {argv + (local ? 3 : 1), argv + argc}, std::cout, std::cerr);
}
