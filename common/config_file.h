// ConfigFile: one INI file as sections of keys, with the line of each, read with inih. The one
// parser for client and daemon. It knows which keys a section may have; what a value means is its
// reader's business. Immutable after Load; thread-safe.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <vector>

#include "common/trusted_file.h"

namespace muster {

class ConfigFile {
 public:
  struct Entry {
    std::string value;  // continuation lines joined by '\n'
    int line = 0;
  };
  struct Section {
    std::string kind;  // "cluster" of [cluster lab]
    std::string name;  // "lab"; empty for [daemon]
    int line = 0;
    std::map<std::string, Entry> entries;
  };

  // Reads and checks the file. NotFound: no such file; PermissionDenied: it cannot be read, or
  // somebody else could have written it (common/trusted_file.h), with what mends that;
  // InvalidArgument: "FILE:LINE: what is wrong; valid here: …" for an unknown section or key, a
  // line that is neither, a duplicate section or key. Lines may have any length.
  static absl::StatusOr<ConfigFile> Load(const std::string& path, Trust trust = Trust::kStrict);

  // The file to read: `explicit_path` when given (it has to exist), else $MUSTER_CONFIG (likewise),
  // else ./cluster.conf, else $XDG_CONFIG_HOME/muster/cluster.conf (~/.config when unset), else
  // /etc/muster/cluster.conf. An empty string: there is none. Whether it is to be trusted, Load
  // says: a bad file is an error and not passed over.
  static absl::StatusOr<std::string> Find(const std::string& explicit_path);

  // How far a program of the user trusts the file that Find gives: one that he named is his choice.
  // A daemon that serves others says kStrict whoever named it.
  static Trust TrustOfUser(const std::string& explicit_path);

  const std::string& path() const { return path_; }
  const std::vector<Section>& sections() const { return sections_; }
  // Null when there is none.
  const Section* FindSection(const std::string& kind, const std::string& name = "") const;
  // "FILE:LINE: message", as every complaint about a value should read.
  absl::Status ErrorAt(int line, const std::string& message) const;

 private:
  std::string path_;
  std::vector<Section> sections_;
};

}  // namespace muster
