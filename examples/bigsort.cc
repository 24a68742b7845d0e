// bigsort [--local N] MIB IN OUT: sorts the lines of a file of any size as `LC_ALL=C sort` does, in
// Python that may take MIB of memory. Each piece is stored on a node, and comes back in order.
#include <ClusterAPI.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

// The end of a line is no part of it: "a" comes before "a\tb".
constexpr char kSort[] = R"(import os, sys
lines = sorted(line.rstrip(b"\n") for line in open(os.environ["PIECE"], "rb"))
sys.stdout.buffer.writelines(line + b"\n" for line in lines))";

// Lines that cut the file into pieces, by a sample, each for `memory` bytes of Python's.
static std::vector<std::string> Cuts(std::ifstream in, std::uint64_t memory) {
  std::vector<std::string> sample, cuts;
  std::uint64_t lines = 0, need = 0;
  for (std::string line; std::getline(in, line); need += line.size() + 64)
    if (lines++ % 100 == 0) sample.push_back(line);
  std::sort(sample.begin(), sample.end());
  const std::uint64_t pieces = need / memory + 1;
  for (std::uint64_t i = 1; i < pieces; ++i) cuts.push_back(sample[i * sample.size() / pieces]);
  return cuts;
}

static bool Good(std::vector<muster::Call> calls) {
  muster::CallGroup group(std::move(calls));
  return group.all() || (std::cerr << "bigsort: " << group.summary().text() << "\n", false);
}

static bool Sort(muster::ClusterAPI& cluster, const char* from, std::ostream& out,
                 muster::ExecuteOptions options) {
  const std::vector<std::string> cuts = Cuts(std::ifstream(from), *options.limits.memory_bytes / 3);
  const auto nodes = static_cast<std::size_t>(cluster.getClusterLength());
  const auto start = [&](std::size_t piece, const muster::Command& command) {
    options.environment["PIECE"] = std::to_string(piece);
    return cluster.interact(static_cast<int>(piece % nodes) + 1, command, options);
  };
  std::vector<muster::Call> stored, sorted;
  std::vector<std::string> unsent(cuts.size() + 1);  // a write for each line would take long
  for (std::size_t i = 0; i <= cuts.size(); ++i)
    stored.push_back(start(i, muster::shell("umask 077; cat >$PIECE")));
  std::ifstream in(from);
  for (std::string line; std::getline(in, line);) {
    const auto i = std::upper_bound(cuts.begin(), cuts.end(), line) - cuts.begin();
    unsent[i] += line + "\n";
    if (unsent[i].size() > 65536) stored[i].write(unsent[i]), unsent[i].clear();
  }
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    stored[i].write(unsent[i]);  // if it cannot, the outcome says why
    stored[i].close_input();
  }
  if (!Good(stored)) return false;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {  // one on each node: who is not read yet waits
    while (sorted.size() <= std::min(cuts.size(), i + nodes - 1))
      sorted.push_back(start(sorted.size(), kSort));
    for (const muster::Event& event : sorted[i]) out << event.data;
  }
  return Good(sorted);
}

int main(int argc, char** argv) {
  const bool local = argc == 6 && std::string(argv[1]) == "--local";
  const std::uint64_t mib = argc < 4 ? 0 : std::strtoull(argv[argc - 3], nullptr, 10);
  if (argc != (local ? 6 : 4) || mib == 0)
    return std::cerr << "usage: bigsort [--local N] MIB IN OUT\n", 2;
  auto api = local ? muster::ClusterAPI::local(std::atoi(argv[2])) : muster::ClusterAPI::connect();
  if (!api.ok()) return std::cerr << "bigsort: " << api.status().message() << "\n", 4;
  std::ofstream out(argv[argc - 1], std::ios::binary);
  if (!out || !std::ifstream(argv[argc - 2]))
    return std::cerr << "bigsort: cannot open a file\n", 2;
  const std::string folder = "/tmp/bigsort-" + std::to_string(std::random_device()());
  if (!Good(api->execute_all("*", muster::shell("mkdir -p -m 700 " + folder)))) return 1;
  const bool sorted =
      Sort(*api, argv[argc - 2], out, {.directory = folder, .limits = {.memory_bytes = mib << 20}});
  const bool removed = Good(api->execute_all("*", muster::shell("rm -rf " + folder)));
  return sorted && removed && out.flush() ? 0 : 1;
}
