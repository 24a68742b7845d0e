// The words behind `cluster`. To add one: write it in commands/, and put it here and into the list
// in commands/cluster.cc.
#pragma once

#include <absl/strings/string_view.h>

#include <string>
#include <vector>

#include "shell/shell.h"
#include "shell/shell_command.h"

namespace muster::clustershell {

struct ClusterCommand {
  const char* name;
  const char* usage;    // "cluster start TEMPLATE …"
  const char* summary;  // one line, no full stop
  // `rest`: what stands behind its name. Returns the exit code.
  int (*run)(Shell& shell, absl::string_view rest);
  FlagNames flags;  // with which `run` reads the line
};

extern const ClusterCommand kClusterCreate;
extern const ClusterCommand kClusterDelete;
extern const ClusterCommand kClusterExport;
extern const ClusterCommand kClusterGc;
extern const ClusterCommand kClusterImport;
extern const ClusterCommand kClusterList;
extern const ClusterCommand kClusterNew;
extern const ClusterCommand kClusterPause;
extern const ClusterCommand kClusterResize;
extern const ClusterCommand kClusterRestart;
extern const ClusterCommand kClusterResume;
extern const ClusterCommand kClusterSetup;
extern const ClusterCommand kClusterStart;
extern const ClusterCommand kClusterStatus;
extern const ClusterCommand kClusterStop;

// Says on stderr how to use it; returns kExitUsage.
int WrongUse(Shell& shell, const ClusterCommand& command, absl::string_view what_is_wrong);

}  // namespace muster::clustershell
