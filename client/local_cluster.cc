#include "client/local_cluster.h"

#include <absl/strings/str_cat.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/descriptor_limit.h"
#include "common/limits.h"
#include "common/own_program.h"
#include "common/status_macros.h"

namespace muster {
namespace {

constexpr int kMaxNodes = 512;
// So many start at the same time: each wants a processor for a moment.
constexpr std::size_t kMostStarting = 64;
// Of the next one that is waited for.
constexpr std::chrono::seconds kStartTimeout(10);
constexpr char kTemplate[] = "/muster-XXXXXX";
constexpr std::size_t kSocketNameBytes = sizeof "/n512.sock.lock";

// A fresh folder that only this user can enter. /tmp when $XDG_RUNTIME_DIR is not usable, or too
// long for the path of a socket.
absl::StatusOr<std::string> MakeFolder() {
  std::vector<std::string> parents;
  const char* runtime = ::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/' &&
      ::strlen(runtime) + sizeof kTemplate + kSocketNameBytes < kMaxSocketPathBytes) {
    parents.emplace_back(runtime);
  }
  parents.emplace_back("/tmp");
  int error = 0;
  for (const std::string& parent : parents) {
    std::string folder = parent + kTemplate;
    if (::mkdtemp(folder.data()) != nullptr) return folder;
    error = errno;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("cannot make a folder for the sockets of an embedded cluster in ",
                   parents.back(), ": ", ::strerror(error)));
}

absl::StatusOr<std::string> FindClusterd() {
  // Any address of this library tells where it was loaded from.
  static const char kHere = 0;
  const std::string folder = FolderOf(&kHere);
  const std::string program = FindProgram(folder, "clusterd");
  if (program.empty() || ::access(program.c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat("cannot start an embedded cluster: no clusterd ",
                     program.empty() ? absl::StrCat("near ", folder) : absl::StrCat("at ", program),
                     "; install Muster whole, or name the folder of clusterd in MUSTER_BIN_DIR"));
  }
  return program;
}

}  // namespace

LocalCluster::LocalCluster() : owner_(::getpid()) {}

absl::StatusOr<std::unique_ptr<LocalCluster>> LocalCluster::Start(int nodes, int workers) {
  if (nodes < 1 || nodes > kMaxNodes) {
    return absl::InvalidArgumentError(absl::StrCat("an embedded cluster has 1 to ", kMaxNodes,
                                                   " nodes, and ", nodes, " were asked for"));
  }
  if (workers < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the number of workers is 1 or more, or 0 for one each core, and not ", workers));
  }
  ASSIGN_OR_RETURN(const std::string program, FindClusterd());
  std::unique_ptr<LocalCluster> cluster(new LocalCluster);
  ASSIGN_OR_RETURN(cluster->folder_, MakeFolder());
  RETURN_IF_ERROR(cluster->StartAll(program, nodes, workers));
  return cluster;
}

absl::Status LocalCluster::StartAll(const std::string& program, int nodes, int workers) {
  RaiseDescriptorLimit();
  std::size_t ready = 0;
  for (int i = 1; i <= nodes; ++i) {
    if (daemons_.size() - ready == kMostStarting) RETURN_IF_ERROR(WaitFor(ready++));
    LocalDaemon::Options options;
    options.program = program;
    options.name = absl::StrCat("n", i);
    options.socket = absl::StrCat(folder_, "/", options.name, ".sock");
    options.workers = workers;
    ASSIGN_OR_RETURN(LocalDaemon daemon, LocalDaemon::Start(options));
    daemons_.push_back(std::move(daemon));
    Address address;
    address.path = options.socket;
    nodes_.push_back({options.name, std::move(address), true, TrustedUsers()});
  }
  while (ready < daemons_.size()) RETURN_IF_ERROR(WaitFor(ready++));
  return absl::OkStatus();
}

absl::Status LocalCluster::WaitFor(std::size_t daemon) {
  return daemons_[daemon].WaitUntilReady(std::chrono::steady_clock::now() + kStartTimeout);
}

LocalCluster::~LocalCluster() {
  if (::getpid() != owner_) return;
  for (LocalDaemon& daemon : daemons_) daemon.Close();
  const auto deadline = std::chrono::steady_clock::now() + kDefaultGrace;
  for (LocalDaemon& daemon : daemons_) daemon.WaitForEnd(deadline);
  std::error_code ignored;  // what is left in /tmp is the system's to clean
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

}  // namespace muster
