// ClusterAPI::Cluster: put and get.
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "client/cluster.h"
#include "client/command_check.h"
#include "client/ended_call.h"
#include "client/execution.h"
#include "client/put_source.h"
#include "client/transfer_state.h"
#include "files/name.h"

namespace muster {

std::vector<std::shared_ptr<Call::State>> ClusterAPI::Cluster::Carry(const std::vector<Spot>& spots,
                                                                     const v1::FileTransfer& files,
                                                                     const TransferOptions& options,
                                                                     std::string why_not) const {
  std::vector<std::shared_ptr<Call::State>> calls;
  if (IsForked()) why_not = kForked;
  wire::Place place{static_cast<std::uint32_t>(spots.size()), 0};
  for (const Spot& spot : spots) {
    const std::string node = NameOf(spot);
    if (spot.kind != Outcome::Kind::kOk) {
      calls.push_back(EndedState(spot.kind, node, spot.why_not.message()));
    } else if (!why_not.empty()) {
      calls.push_back(EndedState(Outcome::Kind::kRefused, node,
                                 absl::StrCat(why_not, "; nothing was sent to ", node)));
    } else {
      calls.push_back(
          std::make_shared<Call::State>(node, std::make_shared<CallInput>(std::nullopt)));
      const auto execution = std::make_shared<Execution>(
          calls.back(), (*links_)[*spot.place],
          wire::ToRequest(files, options, wire_names_[*spot.place], place));
      calls.back()->SetControl(execution);
      execution->Begin();
      ++place.rank;
    }
  }
  return calls;
}

std::vector<Transfer> ClusterAPI::Cluster::Put(const std::vector<Spot>& spots,
                                               const std::vector<std::string>& local,
                                               const std::string& remote,
                                               const TransferOptions& options) const {
  std::string missing;
  const auto source = std::make_shared<const PutSource>(PutSource::Find(local, missing));
  std::string why_not = local.empty() ? "no file is named" : WhyNotTransfer({remote}, options);
  if (!missing.empty()) why_not = absl::StrCat("there is no ", missing, " on this machine");
  if (std::find(local.begin(), local.end(), "") != local.end()) why_not = "a path is empty";
  v1::FileTransfer files;
  files.set_direction(v1::FileTransfer::DIRECTION_PUT);
  files.add_paths(remote);
  std::vector<Transfer> transfers;
  for (auto& call : Carry(spots, files, options, why_not)) {
    transfers.emplace_back(Transfer::State::Put(std::move(call), source, options.durable));
  }
  return transfers;
}

std::vector<Transfer> ClusterAPI::Cluster::Get(const std::vector<Spot>& spots,
                                               const std::vector<std::string>& remote,
                                               const std::string& local,
                                               const TransferOptions& options) const {
  std::string why_not = WhyNotTransfer(remote, options);
  if (local.empty()) why_not = "there is no name for the folder on this machine";
  v1::FileTransfer files;
  files.set_direction(v1::FileTransfer::DIRECTION_GET);
  for (const std::string& path : remote) files.add_paths(path);
  files::Wanted wanted;
  wanted.destination = local;
  wanted.asked = remote;
  wanted.is_many = remote.size() > 1 || std::any_of(remote.begin(), remote.end(), files::IsPattern);
  wanted.is_durable = options.durable;
  wanted.max_bytes = options.max_bytes;
  wanted.max_files = options.max_files;
  std::vector<Transfer> transfers;
  for (auto& call : Carry(spots, files, options, why_not)) {
    if (spots.size() > 1) wanted.suffix = "." + call->node();
    transfers.emplace_back(Transfer::State::Get(std::move(call), wanted));
  }
  return transfers;
}

}  // namespace muster
