// sweep [--local N]: how many steps gradient descent with momentum needs, for a table of
// parameters, all nodes at once. The table comes in order; a point that fails costs that point
// only.
#include <ClusterAPI.h>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

constexpr char kDescend[] = R"(
step, momentum = {}
x, speed, count = 10.0, 0.0, 0
while abs(x) > 1e-9 or abs(speed) > 1e-9:
    speed = momentum * speed - step * 2 * x    # the slope of x * x
    x += speed
    count += 1
    if abs(x) > 1e9:
        raise OverflowError("it goes away from the minimum")
count)";

int main(int argc, char** argv) {
  const bool local = argc > 2 && std::string(argv[1]) == "--local";
  auto cluster =
      local ? muster::ClusterAPI::local(std::atoi(argv[2])) : muster::ClusterAPI::connect();
  if (!cluster.ok()) return std::cerr << "sweep: " << cluster.status().message() << "\n", 4;

  std::vector<std::pair<double, double>> table;
  for (const double step : {0.0, 0.01, 0.1, 0.5, 1.1}) {
    for (const double momentum : {0.0, 0.5, 0.9}) table.emplace_back(step, momentum);
  }
  std::vector<muster::Item> points;
  points.reserve(table.size());
  for (const auto& [step, momentum] : table) {
    points.emplace_back(std::vector<muster::Item>{step, momentum});
  }

  muster::MapOptions options = {.in_order = true, .idempotent = true};
  // Some points never come to an end. A deadline would count the wait for a free worker, too.
  options.each.limits.cpu = std::chrono::seconds(1);
  std::optional<std::pair<std::int64_t, std::size_t>> best;  // steps, and the place of the point
  std::cout << "   step  momentum\n";
  const auto descend = muster::python(kDescend, muster::Command::Form::kData);
  for (const muster::MapResult& result : cluster->map(descend, points, options)) {
    const auto& [step, momentum] = table[result.index];
    std::cout << std::setw(7) << step << std::setw(10) << momentum << "  ";
    const muster::Result<std::int64_t> steps = result.outcome.value().as_int();
    if (!result.outcome.ok() || !steps.ok()) {
      std::cout << result.outcome.describe() << std::endl;
      continue;
    }
    std::cout << *steps << " steps" << std::endl;
    if (!best || *steps < best->first) best = {*steps, result.index};
  }
  if (!best) return std::cerr << "sweep: no point worked\n", 1;
  const auto& [step, momentum] = table[best->second];
  std::cout << "best: step " << step << ", momentum " << momentum << "\n";
}
