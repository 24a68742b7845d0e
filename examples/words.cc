// words [--local N] FOLDER: the ten most frequent words in the files of a folder that all nodes
// see, each file counted by whichever node has time. examples/wordcount does it for larger files.
#include <ClusterAPI.h>
#include <cstdlib>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>
#include <set>

constexpr char kCount[] = R"(
import collections, re
text = open({}, "rb").read()
dict(collections.Counter(re.findall(rb"[a-z]+", text.lower()))))";

int main(int argc, char** argv) {
  const bool local = argc > 2 && std::string(argv[1]) == "--local";
  auto cluster =
      local ? muster::ClusterAPI::local(std::atoi(argv[2])) : muster::ClusterAPI::connect();
  if (!cluster.ok()) return std::cerr << "words: " << cluster.status().message() << "\n", 4;
  if (argc != (local ? 4 : 2)) return std::cerr << "usage: words [--local N] FOLDER\n", 2;

  std::vector<muster::Item> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(argv[argc - 1], error)) {
    if (entry.is_regular_file()) files.emplace_back(entry.path().string());
  }
  if (error) return std::cerr << "words: " << argv[argc - 1] << ": " << error.message() << "\n", 2;

  std::map<std::string, std::int64_t> total;
  bool all_counted = true;
  // Counting twice does no harm: a file that was lost with its node is counted on another one.
  const muster::MapOptions options = {.idempotent = true};
  const auto count = muster::python(kCount, muster::Command::Form::kData);
  for (const muster::MapResult& result : cluster->map(count, files, options)) {
    for (const auto& [word, times] : result.outcome.value().entries()) {
      total[std::string(word.as_bytes().value())] += times.as_int().value();
    }
    if (result.outcome.ok()) continue;
    all_counted = false;
    std::cerr << files[result.index].text() << ": " << result.outcome.describe() << "\n";
  }

  std::set<std::pair<std::int64_t, std::string>> most;  // by -count, then by word
  for (const auto& [word, times] : total) most.emplace(-times, word);
  for (int shown = 0; const auto& [times, word] : most) {
    if (++shown <= 10) std::cout << std::setw(8) << -times << " " << word << "\n";
  }
  return all_counted ? 0 : 1;
}
