// LocalPlace: the folder of an instance of the local provider, ROOT/CLUSTER/NODE-RANDOM, and what
// stands in it. Reads files and /proc; immutable, so thread-safe.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "provision/cloud_provider.h"

namespace muster::provision {

class LocalPlace {
 public:
  LocalPlace(std::string root, const LabelParts& parts, const std::string& random);

  const std::string& folder() const { return folder_; }
  const std::string& cluster_folder() const { return cluster_; }
  const std::string& root() const { return root_; }
  std::string configuration() const { return folder_ + "/clusterd.conf"; }
  std::string log() const { return folder_ + "/clusterd.log"; }
  std::string pid_file() const { return folder_ + "/pid"; }
  std::string home() const { return folder_ + "/home"; }
  // Holds the label: nothing without it is ours to end or to remove.
  std::string mark() const { return folder_ + "/label"; }
  // In the folder, where the path is short and plain enough for an address; else beside the
  // daemons' default sockets.
  std::string socket() const;

  // Made by us, and not by somebody who has folders of such names, nor a link to elsewhere. One in
  // which there is nothing yet was cut off before its mark.
  bool IsOurs(const std::string& label) const;
  // The processes of its clusterd.
  std::vector<pid_t> Daemons() const;
  // Who was killed while it started a daemon has not written its number down; the daemon shows up a
  // moment later, or never. Waits for that moment.
  bool IsBeingMade() const;
  // The last line of the log, if it may say why the daemon ended.
  std::string LastWords() const;

 private:
  std::string root_;
  std::string cluster_;
  std::string random_;
  std::string folder_;
};

}  // namespace muster::provision
