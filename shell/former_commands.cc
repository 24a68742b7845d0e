#include "shell/former_commands.h"

#include <array>

namespace muster::clustershell {
namespace {

constexpr char kDust[] = "dustcluster";
constexpr char kPythonCluster[] = "python_cluster";

constexpr std::array kFormerCommands = {
    FormerCommand{"loglevel", kDust, "`debug on` shows whole tracebacks"},
    FormerCommand{"filters", kDust, "`help targets` says what stands for nodes"},
    FormerCommand{"logs", kDust, "`@TARGET tail -n 50 FILE` shows a log, `@TARGET journalctl` all"},
    FormerCommand{"rules", kDust,
                  "it was of EC2; the nodes' firewalls are theirs: `@TARGET nft list ruleset`"},
    FormerCommand{"openport", kDust,
                  "it was of EC2; the nodes' firewalls are theirs: `@TARGET nft list ruleset`"},
    FormerCommand{"start", kDust,
                  "machines are switched on by who provides them; `check` says which answer"},
    FormerCommand{"terminate", kDust,
                  "machines are given back by who provides them; `stop TARGET ID` ends a command"},
    FormerCommand{
        "cluster", kDust,
        "`clusterinit HOST...` writes a cluster of machines that are there into the configuration"},
    FormerCommand{"prime", kPythonCluster,
                  "`py NODE [p for p in range(2, 20) if all(p % d for d in range(2, p))]`"},
    FormerCommand{"calculate", kPythonCluster,
                  "`py 1 EXPRESSION` evaluates on a node, `!python3 -c 'print(EXPRESSION)'` here"},
    FormerCommand{"massformula", kPythonCluster, "`py 1 EXPRESSION` evaluates a formula"},
    FormerCommand{"callmethods", kPythonCluster,
                  "Python is the method; a compiled program runs as `@TARGET ./program`"},
    FormerCommand{"clear", kPythonCluster, "Ctrl-L clears the screen, or `!clear`"},
    FormerCommand{"restart", kPythonCluster,
                  "leave with `exit` and start clustershell again; `load` reads programs anew"},
    FormerCommand{"copyright", kPythonCluster,
                  "the file LICENSE has it, and `clustershell --version` the version"},
    FormerCommand{"warranty", kPythonCluster, "the file LICENSE has it"},
    FormerCommand{"conditions", kPythonCluster, "the file LICENSE has them"},
    FormerCommand{"egg", kPythonCluster, "there is none; `help` lists what there is"},
};

}  // namespace

const FormerCommand* FindFormerCommand(absl::string_view name) {
  for (const FormerCommand& command : kFormerCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

}  // namespace muster::clustershell
