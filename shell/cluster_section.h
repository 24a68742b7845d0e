// [cluster NAME] of a configuration file, written and removed for the user. What else the file
// holds stays as it is, and the file as it was is kept as FILE~. Reads and writes files; one
// thread.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <string>
#include <vector>

namespace muster::clustershell {

// Adds nodes to the cluster, which may be new, as the file may. Each is NAME=ADDRESS, an address,
// or a host as HOST or HOST:PORT, which means ssh; localhost is the daemon here. One whose address
// is there already is not added again. Returns the names that are new. InvalidArgument: one is
// wrong; nothing was written.
absl::StatusOr<std::vector<std::string>> AddNodes(const std::string& path,
                                                  const std::string& cluster,
                                                  const std::vector<std::string>& nodes);

// Adds the lines of a new section at the end of the file, which may be new. `check` is given a file
// with all of it, which is not there any more afterwards. InvalidArgument: what it says; nothing
// was written.
absl::Status AddSection(const std::string& path, const std::vector<std::string>& lines,
                        const std::function<absl::Status(const std::string& file)>& check);

// The same without writing it.
absl::Status CheckSection(const std::string& path, const std::vector<std::string>& lines,
                          const std::function<absl::Status(const std::string& file)>& check);

// Removes the section. NotFound: there is none.
absl::Status RemoveCluster(const std::string& path, const std::string& cluster);

// Where a configuration of this user's lies that nobody has written yet; empty: there is no home.
std::string OwnConfigurationPath();

}  // namespace muster::clustershell
