#include "bench/fan_out.h"

#include <algorithm>
#include <atomic>
#include <semaphore>
#include <utility>

namespace muster::bench {
namespace {

constexpr std::chrono::seconds kTimeout(30);
constexpr int kWarmedAtOnce = 50;

Report Took(double seconds, std::size_t nodes, std::size_t verified) {
  return Report()
      .Add("ms", seconds * 1e3)
      .Add("ms_per_node", seconds * 1e3 / static_cast<double>(nodes))
      .Add("verified", static_cast<double>(verified));
}

Report WrongNumber(std::size_t failed, int dead, const std::string& why) {
  return Report::Failed(std::to_string(failed) + " instead of " + std::to_string(dead) +
                        " did not answer; of the last: " + why);
}

struct Echoed {
  grpc::ClientContext context;
  Piece question;
  Piece answer;
  grpc::Status status;
};

}  // namespace

Report FanOut::Check(int dead) {
  const Clock::time_point begin = Clock::now();
  const ClusterCheck check = cluster_->clustercheck(kTimeout);
  const double seconds = SecondsSince(begin);
  std::size_t failed = 0;
  std::string why;
  for (const NodeCheck& node : check.nodes) {
    if (node.reason.empty()) continue;
    ++failed;
    why = node.reason;
  }
  if (failed != static_cast<std::size_t>(dead)) return WrongNumber(failed, dead, why);
  return Took(seconds, check.nodes.size(), check.nodes.size());
}

Report FanOut::Contact(int dead) {
  cluster_.reset();
  const Clock::time_point begin = Clock::now();
  Result<ClusterAPI> connected = ClusterAPI::connect("", configuration_);
  if (!connected.ok()) return Report::Failed(connected.status().message());
  cluster_ = *std::move(connected);
  const double seconds = SecondsSince(begin);
  Report report = Check(dead);
  for (auto& [name, number] : report.numbers) {
    if (name == "ms") number += seconds * 1e3;
    if (name == "ms_per_node") number += seconds * 1e3 / cluster_->getClusterLength();
  }
  return report;
}

Report FanOut::Leave() {
  cluster_.reset();
  stubs_.clear();
  return Report().Add("verified", 0);
}

Report FanOut::Ask(int dead) {
  if (!cluster_) return Report::Failed("there was no contact");
  return Check(dead);
}

std::optional<Report> FanOut::RunOn(const Target& target, std::size_t* failed, std::string* why) {
  std::vector<Call> calls = cluster_->execute_all(target, python("1+1"));
  for (Call& call : calls) {
    const Outcome& outcome = call.wait();
    if (outcome.kind == Outcome::Kind::kUnreachable) {
      ++*failed;
      *why = outcome.reason;
    } else if (!outcome.ok() || outcome.value().text() != "2") {
      return Report::Failed(outcome.describe());
    }
  }
  return std::nullopt;
}

Report FanOut::Run(int dead) {
  if (!cluster_) return Report::Failed("there was no contact");
  const auto nodes = static_cast<std::size_t>(cluster_->getClusterLength());
  std::size_t failed = 0;
  std::string why;
  const Clock::time_point begin = Clock::now();
  if (const auto wrong = RunOn("*", &failed, &why)) return *wrong;
  const double seconds = SecondsSince(begin);
  if (failed != static_cast<std::size_t>(dead)) return WrongNumber(failed, dead, why);
  return Took(seconds, nodes, nodes);
}

Report FanOut::Warm(int dead) {
  if (!cluster_) return Report::Failed("there was no contact");
  const int nodes = cluster_->getClusterLength();
  std::size_t failed = 0;
  std::string why;
  const Clock::time_point begin = Clock::now();
  for (int first = 1; first <= nodes; first += kWarmedAtOnce) {
    const int last = std::min(nodes, first + kWarmedAtOnce - 1);
    const std::string target = std::to_string(first) + "-" + std::to_string(last);
    if (const auto wrong = RunOn(target, &failed, &why)) return *wrong;
  }
  const double seconds = SecondsSince(begin);
  if (failed != static_cast<std::size_t>(dead)) return WrongNumber(failed, dead, why);
  return Took(seconds, static_cast<std::size_t>(nodes), static_cast<std::size_t>(nodes));
}

Report FanOut::BareContact(const std::string& socket, int channels, int dead) {
  auto& stubs = stubs_[socket];
  stubs.clear();
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < channels; ++i) {
    const char* const kind = i < channels - dead ? "." : ".dead";
    const std::string path = socket + kind + std::to_string(i);
    stubs.push_back(
        Echo::NewStub(grpc::CreateChannel("unix:" + path, grpc::InsecureChannelCredentials())));
  }
  const double seconds = SecondsSince(begin);
  Report report = BareAsk(socket, dead);
  for (auto& [name, number] : report.numbers) {
    if (name == "ms") number += seconds * 1e3;
    if (name == "ms_per_node") number += seconds * 1e3 / channels;
  }
  return report;
}

Report FanOut::BareAsk(const std::string& socket, int dead) {
  const auto& stubs = stubs_[socket];
  if (stubs.empty()) return Report::Failed("there was no contact");
  const Clock::time_point begin = Clock::now();
  std::vector<Echoed> all(stubs.size());
  std::atomic<std::size_t> left{stubs.size()};
  std::binary_semaphore done(0);
  for (std::size_t i = 0; i < stubs.size(); ++i) {
    Echoed& each = all[i];
    each.question.set_data(std::to_string(i));
    stubs[i]->async()->Unary(&each.context, &each.question, &each.answer,
                             [&each, &left, &done](const grpc::Status& status) {
                               each.status = status;
                               if (--left == 0) done.release();
                             });
  }
  done.acquire();
  const double seconds = SecondsSince(begin);
  std::size_t failed = 0;
  std::string why;
  for (const Echoed& each : all) {
    if (!each.status.ok()) {
      ++failed;
      why = each.status.error_message();
    } else if (each.answer.data() != each.question.data()) {
      return Report::Failed("bare gRPC: a wrong echo");
    }
  }
  if (failed != static_cast<std::size_t>(dead)) return WrongNumber(failed, dead, why);
  return Took(seconds, all.size(), all.size());
}

}  // namespace muster::bench
