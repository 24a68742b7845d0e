// Hooks around the commands of this shell: pre_execute before anything is sent, post_execute when
// all nodes have ended. Main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/ClusterAPI.h"
#include "shell/job_list.h"
#include "shell/line_flags.h"
#include "shell/shell.h"

namespace muster::clustershell {

// Lets the hooks change what is about to be sent, and to which nodes. Empty: go on; else the exit
// code, of a veto, which was said.
std::optional<int> AskHooks(Shell& shell, std::vector<Node>& nodes, Command& command,
                            LineOptions& options);
// The same of a thing that is no command: "program", "terminal", whose nodes are fixed.
std::optional<int> AskHooks(Shell& shell, const std::string& kind, const std::string& text,
                            const std::vector<Node>& nodes, ExecuteOptions& options);

// Tells them what came of it.
void TellHooks(const std::string& cluster, const Job& job, const std::vector<Outcome>& outcomes);
void TellHooks(Shell& shell, const std::string& kind, const std::string& text,
               const std::vector<Node>& nodes, ExecuteOptions& options, const Outcome& outcome);

}  // namespace muster::clustershell
