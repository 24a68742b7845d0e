// connect HOST PORT EXPRESSION: a piece of Python on one node, whether or not it is configured.
#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/address.h"
#include "common/words.h"
#include "shell/cluster_file.h"
#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/run_on_nodes.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

bool IsThisMachine(absl::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

// The configured node that a host means, when no port was named.
std::optional<Node> FindNode(const Shell& shell, absl::string_view host) {
  for (const Node& node : shell.nodes()) {
    const auto address = ParseAddress(node.address);
    const bool is_here = address.ok() && address->kind == Address::Kind::kUnix;
    if (host == node.name || (address.ok() && !is_here && host == address->host) ||
        (is_here && IsThisMachine(host))) {
      return node;
    }
  }
  return std::nullopt;
}

int RunElsewhere(Shell& shell, const std::string& address, const Command& command,
                 const LineOptions& options) {
  const auto file = ClusterFile::Write({Node{1, "server", address, "connect"}}, {});
  if (!file.ok()) {
    shell.output().Note(file.status().message());
    return kExitFailed;
  }
  Result<ClusterAPI> cluster = ClusterAPI::connect("", file->path());
  if (!cluster.ok()) {
    shell.output().Note(absl::StrCat("connect: ", cluster.status().message()));
    return kExitUsage;
  }
  Shell other(std::move(cluster).value(), shell.signals(), shell.output());
  other.set_shows_tracebacks(shell.shows_tracebacks());
  return RunOnNodes(other, other.nodes(), command, options);
}

int Run(Shell& shell, absl::string_view rest) {
  std::string host;
  std::string port;
  absl::string_view line = StripBlanks(rest);
  if (const auto taken = TakeWord(line, host); !taken.ok()) {
    return shell.Usage("connect", taken.message());
  }
  line = StripBlanks(line);
  if (const auto taken = TakeWord(line, port); !taken.ok()) {
    return shell.Usage("connect", taken.message());
  }
  line = StripBlanks(line);
  int number = 0;
  if (port != "default" && (!absl::SimpleAtoi(port, &number) || number < 1 || number > 65535)) {
    return shell.Usage("connect",
                       absl::StrCat("the port '", port, "' is neither `default` nor 1 to 65535"));
  }
  // One quoted word, as the original took it, or the rest of the line, whose quotes are Python's.
  std::string source(absl::StripTrailingAsciiWhitespace(line));
  const bool is_quoted = source.size() > 1 && (source[0] == '"' || source[0] == '\'') &&
                         source.find(source[0], 1) + 1 == source.size();
  if (is_quoted) source = source.substr(1, source.size() - 2);
  if (source.empty()) return shell.Usage("connect", "there is no expression");
  LineOptions options = shell.defaults();
  options.report.has_labels = false;
  const std::optional<Node> node = number == 0 ? FindNode(shell, host) : std::nullopt;
  if (node) return RunOnNodes(shell, {*node}, muster::python(source), options);
  const std::string address =
      absl::StrCat("ssh:", host, number == 0 ? "" : absl::StrCat(":", number));
  if (const auto parsed = ParseAddress(address); !parsed.ok()) {
    return shell.Usage("connect", parsed.status().message());
  }
  return RunElsewhere(shell, address, muster::python(source), options);
}

}  // namespace

const ShellCommand kConnectCommand = {
    "connect",
    "connect HOST PORT EXPRESSION",
    "run a piece of Python on one machine",
    "  connect localhost default \"1 + 1\"    on the first node of this machine\n"
    "  connect n1 default 6*7                on a node; `py n1 6*7` is the same\n"
    "  connect host7 2222 \"1 + 1\"            on one that is not configured, through ssh\n"
    "The port is the one of ssh; `default` is what ssh would take.\n",
    ShellCommand::Argument::kTarget,
    &Run,
    false,
    false,
    true,
};

}  // namespace muster::clustershell
