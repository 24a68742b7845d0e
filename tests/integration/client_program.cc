// A user's program that ends in the ways that programs end, while calls run: for
// local_cluster_test.cc and frozen_test.cc. Arguments: how to end, the seconds that its commands
// sleep. "connect" is for the cluster of $MUSTER_CONFIG, the others for one of their own.
#include <ClusterAPI.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

namespace {

std::optional<muster::ClusterAPI> g_cluster;
std::optional<muster::Call> g_call;

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string how = argv[1];
  auto cluster = how == "connect" ? muster::ClusterAPI::connect() : muster::ClusterAPI::local(2);
  if (!cluster.ok()) {
    std::cerr << cluster.status().message() << "\n";
    return 3;
  }
  const std::string deaf = how == "connect" ? "trap '' INT TERM; " : "";
  muster::Call call = cluster->execute(1, muster::shell(deaf + "echo begun; sleep " + argv[2]));
  if (!call.next()) return 4;
  muster::Call full = cluster->execute(2, muster::argv({"yes", argv[2]}));
  if (!full.next()) return 5;
  std::cout << cluster->nodes().front().address << std::endl;
  if (how == "return") return 0;
  if (how == "exit") std::exit(0);
  if (how == "quick") ::_exit(0);
  if (how == "abort") std::abort();
  if (how == "wait") call.wait();
  if (how == "connect") return call.wait().kind == muster::Outcome::Kind::kLost ? 0 : 7;
  if (how == "static") {
    g_call = call;
    g_cluster = *std::move(cluster);
    return 0;
  }
  if (how == "thread") {
    std::thread([call]() mutable { call.wait(); }).detach();
    std::exit(0);
  }
  return 6;
}
