#include "shell/node_table.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "shell/display_width.h"
#include "shell/node_facts.h"
#include "shell/one_line.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

using Json = nlohmann::ordered_json;
using Checks = std::vector<NodeCheck>;

constexpr std::size_t kFewest = 24;  // columns of a last column that is longer

struct Column {
  Table::Column look;
  int rank;  // the highest goes first where there is no room
  bool is_extended;
  std::string (*cell)(const NodeCheck& check);
};

bool IsKnown(const NodeCheck& check) {
  return check.state == "running" || check.state == "draining";
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

std::string IfKnown(const NodeCheck& check, const std::string& text) {
  return IsKnown(check) ? OrDash(text) : "-";
}

std::string LoginOf(const NodeCheck& check) {
  const std::vector<std::string> words = {check.node.login_user, check.node.keyfile};
  return OrDash(absl::StrJoin(words, words[0].empty() || words[1].empty() ? "" : " "));
}

const std::vector<Column>& Columns() {
  static const auto* const columns = new std::vector<Column>{
      {{"@", true}, 0, false, [](const NodeCheck& c) { return absl::StrCat(c.node.index); }},
      {{"name"}, 0, false, [](const NodeCheck& c) { return c.node.name; }},
      {{"address"}, 6, false, [](const NodeCheck& c) { return c.node.address; }},
      {{"state"}, 0, false, [](const NodeCheck& c) { return c.state; }},
      {{"cores", true},
       7,
       false,
       [](const NodeCheck& c) { return IfKnown(c, absl::StrCat(c.cores)); }},
      {{"memory", true},
       8,
       false,
       [](const NodeCheck& c) { return IfKnown(c, InGibibytes(c.memory_bytes)); }},
      {{"load", true},
       2,
       false,
       [](const NodeCheck& c) { return IfKnown(c, absl::StrFormat("%.2f", c.load)); }},
      {{"python"}, 9, false, [](const NodeCheck& c) { return IfKnown(c, c.python); }},
      {{"running", true},
       1,
       false,
       [](const NodeCheck& c) { return IfKnown(c, absl::StrCat(c.running)); }},
      {{"latency", true}, 5, false, [](const NodeCheck& c) { return LatencyOf(c); }},
      {{"slots"}, 10, false, [](const NodeCheck& c) { return SlotsOf(c); }},
      {{"os"}, 0, true, [](const NodeCheck& c) { return IfKnown(c, c.os); }},
      {{"ip"},
       0,
       true,
       [](const NodeCheck& c) { return IfKnown(c, absl::StrJoin(c.ip_addresses, ",")); }},
      {{"version"}, 0, true, [](const NodeCheck& c) { return IfKnown(c, c.version); }},
      {{"workers", true},
       0,
       true,
       [](const NodeCheck& c) { return IfKnown(c, absl::StrCat(c.workers)); }},
      {{"cluster"}, 0, true, [](const NodeCheck& c) { return ClusterOf(c.node); }},
      {{"kind"}, 0, true, [](const NodeCheck& c) { return OrDash(KindOf(c.node)); }},
      {{"login"}, 0, true, &LoginOf},
      {{"tags"},
       3,
       false,
       [](const NodeCheck& c) { return OrDash(absl::StrJoin(c.node.tags, ",")); }},
      {{"reason"}, 0, true, [](const NodeCheck& c) { return OrDash(c.reason); }},
  };
  return *columns;
}

std::string RenderColumns(const Checks& checks, const std::vector<const Column*>& columns,
                          std::size_t width) {
  std::vector<Table::Column> looks;
  looks.reserve(columns.size());
  for (const Column* column : columns) looks.push_back(column->look);
  Table table(looks);
  for (const NodeCheck& check : checks) {
    std::vector<std::string> row;
    row.reserve(columns.size());
    for (const Column* column : columns) row.push_back(column->cell(check));
    table.Add(std::move(row));
  }
  return table.Render(width);
}

std::size_t WidthOf(const std::string& table) {
  std::size_t width = 0;
  for (absl::string_view line : absl::StrSplit(table, '\n')) {
    width = std::max(width, DisplayWidth(line));
  }
  return width;
}

std::size_t WidthOf(const Checks& checks, const Column& column) {
  std::size_t width = column.look.title.size();
  for (const NodeCheck& check : checks) {
    width = std::max(width, DisplayWidth(OneLine(column.cell(check))));
  }
  return width;
}

// Without the columns that there is no room for.
std::string RenderFitting(const Checks& checks, std::size_t width) {
  std::vector<const Column*> columns;
  for (const Column& column : Columns()) {
    if (!column.is_extended) columns.push_back(&column);
  }
  while (true) {
    // The last one may be cut, but others go before too little of it is left.
    const std::size_t last = WidthOf(checks, *columns.back());
    const std::size_t whole =
        WidthOf(RenderColumns(checks, columns, Table::kAnyWidth)) - last + std::min(last, kFewest);
    const auto least =
        std::max_element(columns.begin(), columns.end(),
                         [](const Column* a, const Column* b) { return a->rank < b->rank; });
    if (whole <= width || (*least)->rank == 0) return RenderColumns(checks, columns, width);
    columns.erase(least);
  }
}

std::vector<const Column*> AllColumns() {
  std::vector<const Column*> columns;
  for (const Column& column : Columns()) columns.push_back(&column);
  return columns;
}

std::string Paragraphs(const Checks& checks, const HookFields& fields) {
  std::string text;
  for (const NodeCheck& check : checks) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", check.node.index, "  ", check.node.name, "\n");
    for (const auto& [name, value] : FactsOf(check, fields)) {
      if (name != "name") absl::StrAppend(&text, "   ", name, ": ", OneLine(value), "\n");
    }
  }
  return text;
}

// With a line for each cluster in front of its first node.
std::string WithHeadings(const std::string& table, const Checks& checks) {
  const bool has_clusters = std::any_of(checks.begin(), checks.end(), [](const NodeCheck& check) {
    return !check.node.member_of.empty();
  });
  if (!has_clusters) return table;
  const std::vector<std::string> lines = absl::StrSplit(table, '\n', absl::SkipEmpty());
  std::string text = lines[0] + "\n";
  std::optional<std::string> cluster;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const std::string& mine = checks[i].node.member_of;
    if (cluster != mine) {
      absl::StrAppend(&text, mine.empty() ? "no cluster" : "cluster ", mine, ":\n");
    }
    cluster = mine;
    absl::StrAppend(&text, lines[i + 1], "\n");
  }
  return text;
}

// Texts of JSON are texts of YAML.
void AppendYaml(const Json& json, const std::string& indent, std::string& text) {
  for (const auto& [key, value] : json.items()) {
    const bool is_list_of_objects = value.is_array() && !value.empty() && value[0].is_object();
    if (!is_list_of_objects) {
      absl::StrAppend(&text, indent, key, ": ", value.dump(), "\n");
      continue;
    }
    absl::StrAppend(&text, indent, key, ":\n");
    for (const Json& item : value) absl::StrAppend(&text, indent, "  - ", item.dump(), "\n");
  }
}

std::string Yaml(const Checks& checks, const HookFields& fields) {
  std::string text;
  for (const NodeCheck& check : checks) {
    std::string node;
    AppendYaml(JsonOf(check, fields), "  ", node);
    node[0] = '-';
    text += node;
  }
  return text.empty() ? "[]\n" : text;
}

}  // namespace

std::string RenderNodes(Checks checks, NodeTableForm form, std::size_t columns,
                        const HookFields& fields) {
  if (form == NodeTableForm::kJson) {
    Json all = Json::array();
    for (const NodeCheck& check : checks) all.push_back(JsonOf(check, fields));
    return all.dump(2) + "\n";
  }
  if (form == NodeTableForm::kYaml) return Yaml(checks, fields);
  if (form == NodeTableForm::kName) {
    std::string text;
    for (const NodeCheck& check : checks) absl::StrAppend(&text, check.node.name, "\n");
    return text;
  }
  // Those of no cluster at the end.
  std::stable_sort(checks.begin(), checks.end(), [](const NodeCheck& a, const NodeCheck& b) {
    const std::string& x = a.node.member_of;
    const std::string& y = b.node.member_of;
    if (x.empty() != y.empty()) return y.empty();
    return x < y;
  });
  if (form == NodeTableForm::kAll) return Paragraphs(checks, fields);
  if (form == NodeTableForm::kPlain) return WithHeadings(RenderFitting(checks, columns), checks);
  const std::string wide = RenderColumns(checks, AllColumns(), Table::kAnyWidth);
  if (form == NodeTableForm::kExtended && WidthOf(wide) > columns)
    return Paragraphs(checks, fields);
  return WithHeadings(wide, checks);
}

}  // namespace muster::clustershell
