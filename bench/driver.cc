// bench_driver CONFIGURATION SOCKET: does the works that bench.py asks for, one line each, and
// answers each with one line: names and numbers, or "error" and why. So what is compared runs in
// turn, in processes that are warm. CONFIGURATION names clusterd's node, SOCKET is
// bench_baseline's.
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "bench/baseline_work.h"
#include "bench/cluster_work.h"
#include "bench/fan_out.h"
#include "bench/job_work.h"

namespace muster::bench {
namespace {

using Words = std::vector<std::string>;
using Works = std::map<std::string, std::function<Report(const Words&)>>;

ClusterWork::Pipeline ReadPipeline(const Words& words) {
  ClusterWork::Pipeline pipeline;
  pipeline.seconds = std::stod(words.at(1));
  pipeline.window = std::stoi(words.at(2));
  pipeline.clients = std::stoi(words.at(3));
  pipeline.distinct = words.at(4) == "distinct";
  return pipeline;
}

Works FanOutsOf(FanOut& fan_out) {
  return {
      {"contact", [&](const Words& words) { return fan_out.Contact(std::stoi(words.at(1))); }},
      {"ask", [&](const Words& words) { return fan_out.Ask(std::stoi(words.at(1))); }},
      {"run", [&](const Words& words) { return fan_out.Run(std::stoi(words.at(1))); }},
      {"bare_contact",
       [&](const Words& words) {
         return fan_out.BareContact(words.at(1), std::stoi(words.at(2)), std::stoi(words.at(3)));
       }},
      {"bare_ask",
       [&](const Words& words) { return fan_out.BareAsk(words.at(1), std::stoi(words.at(2))); }},
      {"warm", [&](const Words& words) { return fan_out.Warm(std::stoi(words.at(1))); }},
      {"leave", [&](const Words&) { return fan_out.Leave(); }},
  };
}

Works WorksOf(ClusterWork& cluster, JobWork& job, BaselineWork& baseline) {
  return {
      {"round_trip",
       [&](const Words& words) { return cluster.RoundTrip(std::stoi(words.at(1)), words.at(2)); }},
      {"program", [&](const Words& words) { return cluster.Program(std::stoi(words.at(1))); }},
      {"pipeline", [&](const Words& words) { return cluster.RunPipeline(ReadPipeline(words)); }},
      {"value", [&](const Words& words) { return cluster.Value(std::stoull(words.at(1))); }},
      {"check", [&](const Words&) { return cluster.Check(); }},
      {"connections",
       [&](const Words& words) { return cluster.Connections(std::stoi(words.at(1))); }},
      {"put", [&](const Words& words) { return job.Put(words.at(1), words.at(2)); }},
      {"map",
       [&](const Words& words) {
         return job.MapItems(std::stoi(words.at(1)), std::stod(words.at(2)));
       }},
      {"bare_round_trip",
       [&](const Words& words) { return baseline.RoundTrip(std::stoi(words.at(1))); }},
      {"bare_spawn", [&](const Words& words) { return baseline.Spawn(std::stoi(words.at(1))); }},
      {"bare_program",
       [&](const Words& words) { return baseline.Program(std::stoi(words.at(1))); }},
      {"bare_pipeline",
       [&](const Words& words) {
         return baseline.Pipeline(std::stod(words.at(1)), std::stoi(words.at(2)),
                                  std::stoi(words.at(3)));
       }},
      {"bare_value", [&](const Words& words) { return baseline.Value(std::stoull(words.at(1))); }},
  };
}

Report Do(const Works& works, const Words& words) {
  const auto work = works.find(words.empty() ? "" : words[0]);
  if (work == works.end()) return Report::Failed("no such work");
  try {
    return work->second(words);
  } catch (const std::exception& error) {
    return Report::Failed(error.what());
  }
}

int Drive(const std::string& configuration, const std::string& socket) {
  ClusterWork cluster(configuration);
  JobWork job(configuration);
  BaselineWork baseline(socket);
  FanOut fan_out(configuration);
  Works works = WorksOf(cluster, job, baseline);
  works.merge(FanOutsOf(fan_out));
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream stream(line);
    Words words;
    for (std::string word; stream >> word;) words.push_back(word);
    const Report report = Do(works, words);
    if (!report.error.empty()) {
      std::cout << "error " << report.error;
    } else {
      for (const auto& [name, number] : report.numbers) std::cout << name << ' ' << number << ' ';
    }
    std::cout << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bench_driver CONFIGURATION SOCKET\n";
    return 2;
  }
  std::cout.precision(10);
  return muster::bench::Drive(argv[1], argv[2]);
}
