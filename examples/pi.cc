// pi [--local N] [THROWS]: pi by throwing darts, in 64 pieces that are shared out among all nodes.
#include <ClusterAPI.h>
#include <cstdlib>
#include <iomanip>
#include <iostream>

// A piece with its own seed gives the same whichever node has it, so it may run twice.
static std::string Throw(std::int64_t darts) {
  return "import random\n"
         "darts = random.Random({})\n"
         "sum(darts.random() ** 2 + darts.random() ** 2 < 1 for _ in range(" +
         std::to_string(darts) + "))";
}

int main(int argc, char** argv) {
  constexpr int kPieces = 64;
  const bool local = argc > 2 && std::string(argv[1]) == "--local";
  auto cluster =
      local ? muster::ClusterAPI::local(std::atoi(argv[2])) : muster::ClusterAPI::connect();
  if (!cluster.ok()) return std::cerr << "pi: " << cluster.status().message() << "\n", 4;
  const int first = local ? 3 : 1;
  const std::int64_t darts = (argc > first ? std::atoll(argv[first]) : 6'400'000) / kPieces;
  if (darts < 1) return std::cerr << "usage: pi [--local N] [THROWS], at least 64 of them\n", 2;

  std::vector<muster::Item> seeds;
  seeds.reserve(kPieces);
  for (int seed = 0; seed < kPieces; ++seed) seeds.emplace_back(seed);
  std::int64_t inside = 0;
  std::map<std::string, int> pieces;  // of each node
  const auto command = muster::python(Throw(darts), muster::Command::Form::kData);
  for (const auto& result : cluster->map(command, seeds, {.idempotent = true})) {
    const muster::Result<std::int64_t> hits = result.outcome.value().as_int();
    if (!result.outcome.ok() || !hits.ok()) {  // without one piece the rest is worth nothing
      std::cerr << "pi: " << result.outcome.node << ": " << result.outcome.describe() << "\n";
      return 1;  // the end of the map stops what runs
    }
    inside += *hits;
    ++pieces[result.outcome.node];
  }
  for (const auto& [node, count] : pieces) std::cerr << node << " threw " << count << " of 64\n";
  const double pi = 4.0 * static_cast<double>(inside) / static_cast<double>(darts * kPieces);
  std::cout << std::setprecision(10) << pi << "\n";
}
