#include "shell/reports/transfer_report.h"

#include <string>
#include <vector>

#include "shell/one_line.h"
#include "shell/reports/json_line.h"

namespace muster::clustershell {
namespace {

using Json = nlohmann::ordered_json;
using Stream = Output::Stream;

void TellJson(const Transfer& transfer, const Outcome& outcome, Output& output) {
  std::string lines;
  for (const FileProblem& problem : transfer.problems()) {
    Json json = {{"type", "problem"}, {"node", outcome.node}};
    json_line::Set(json, "path", problem.path);
    json_line::Set(json, "message", problem.describe());
    lines += json_line::Text(json);
  }
  const TransferProgress progress = transfer.progress();
  Json json = json_line::Head(outcome.node, outcome);
  json["bytes"] = progress.bytes;
  json["files"] = progress.files;
  json["total_bytes"] = progress.total_bytes;
  json["total_files"] = progress.total_files;
  json_line::Set(json, "message", outcome.ok() ? outcome.reason : outcome.describe());
  output.Raw(Stream::kStdout, lines + json_line::Text(json));
}

}  // namespace

void TellTransfer(const Transfer& transfer, const Outcome& outcome, bool as_json, Output& output) {
  if (as_json) {
    TellJson(transfer, outcome, output);
    return;
  }
  const std::vector<FileProblem> problems = transfer.problems();
  if (problems.size() > 1) {
    for (const FileProblem& problem : problems) {
      output.NodeLines(Stream::kStderr, outcome.node, OneLine(problem.describe()));
    }
  }
  if (!outcome.ok()) output.NodeLines(Stream::kStderr, outcome.node, outcome.describe());
}

}  // namespace muster::clustershell
