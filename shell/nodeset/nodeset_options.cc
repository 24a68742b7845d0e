#include "shell/nodeset/nodeset_options.h"

#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <utility>

#include "common/nearest.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "shell/command_line.h"
#include "shell/nodeset/index_runs.h"

namespace muster::nodeset {
namespace {

constexpr char kEpilogue[] =
    "\nNODES is a list of names, patterns and groups: n[1-9], rack[1-2]n[01-10], n[0-8/2], @web,\n"
    "web*; joined by , (and) ! (without) & (of those, the ones in) ^ (in one of the two only), "
    "from\n"
    "left to right. Several arguments are joined. - is what standard input holds, in words, as is\n"
    "no NODES at all. Flags stand in front of the first NODES, but for -x, -i and -X.\n"
    "\n"
    "  muster-nodeset -f n1 n2 n3 n7             n[1-3,7]\n"
    "  muster-nodeset -e -S '\\n' 'n[1-3]'        a line for each\n"
    "  muster-nodeset -c @web -x web3            how many\n"
    "  muster-nodeset -f --split 2 'n[1-9]'      n[1-5], then n[6-9]\n"
    "  muster-nodeset -f -I 0-4 'n[1-9]'         the first five\n"
    "  muster-nodeset -ll                        all groups, and their nodes\n"
    "  squeue -h -o %N | muster-nodeset -f --each\n"
    "\n"
    "Exit code: 0 all is well, 1 a node set, a group or a value is wrong, 2 a flag is wrong.";

struct Commands {
  bool expand = false;
  bool fold = false;
  bool count = false;
};

struct Operations {
  std::vector<std::string> and_with;
  std::vector<std::string> without;
  std::vector<std::string> xor_with;
};

absl::Status Unexpected(const std::string& flag, const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  const std::string name = flag.substr(0, flag.find('='));
  const bool is_known = std::find(flags.begin(), flags.end(), name) != flags.end();
  return absl::InvalidArgumentError(
      is_known ? absl::StrCat(name, " stands in front of the first node set")
               : absl::StrCat("unknown option ", name, DidYouMean(name, flags),
                              " (muster-nodeset --help lists all)"));
}

// What follows the flags.
absl::Status TakeOperands(std::vector<std::string> words, const CLI::App& app,
                          NodesetOptions& options) {
  bool names_only = false;  // behind --
  if (!words.empty() && words.front() == "--") {
    names_only = true;
    words.erase(words.begin());
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    char operation = ',';
    if (words[i] == "-i" || words[i] == "--intersection") operation = '&';
    if (words[i] == "-x" || words[i] == "--exclude") operation = '!';
    if (words[i] == "-X" || words[i] == "--xor") operation = '^';
    if (operation == ',') {
      const bool is_flag = words[i].size() > 1 && words[i][0] == '-';
      if (is_flag && !(names_only && i == 0)) return Unexpected(words[i], app);
    } else if (++i == words.size()) {
      return absl::OutOfRangeError(absl::StrCat(words[i - 1], " needs a node set behind it"));
    }
    options.operands.push_back({operation, words[i]});
  }
  return absl::OkStatus();
}

absl::Status CheckTogether(const NodesetOptions& options, const Commands& commands, bool splits) {
  const int given =
      int{commands.expand} + int{commands.fold} + int{commands.count} + int{options.list_level > 0};
  std::string wrong;
  if (given == 0) wrong = "say what to do: -e (expand), -f (fold), -c (count) or -l (list groups)";
  if (given > 1) wrong = "of -e, -f, -c and -l one can be given";
  if (splits && options.contiguous) wrong = "--split and --contiguous do not go together";
  if (options.numbers && (options.all || options.list_level > 0)) {
    wrong = "with -R there are no nodes, so neither -a nor -l";
  }
  const bool has_sets = options.all || !options.before.empty() || !options.operands.empty();
  if (options.each && (has_sets || options.list_level > 0)) {
    wrong = "--each takes node sets from standard input only, a line for each";
  }
  return wrong.empty() ? absl::OkStatus() : absl::InvalidArgumentError(wrong);
}

bool ReadAutostep(const std::string& text, Autostep& autostep) {
  if (text == "auto") {
    autostep.kind = Autostep::Kind::kAll;
    return true;
  }
  const bool is_share = absl::EndsWith(text, "%");
  autostep.kind = is_share ? Autostep::Kind::kShare : Autostep::Kind::kCount;
  double value = 0;
  if (!absl::SimpleAtod(text.substr(0, text.size() - (is_share ? 1 : 0)), &value)) return false;
  autostep.value = is_share ? value / 100 : value;
  return value >= 0 && value <= 1e9 && (is_share || value == std::floor(value));
}

void AddCommands(CLI::App& app, Commands& commands, NodesetOptions& options) {
  app.add_flag("-e,--expand", commands.expand, "Print the names");
  app.add_flag("-f,--fold", commands.fold, "Print the names in few words");
  app.add_flag("-c,--count", commands.count, "Print how many there are");
  app.add_flag("-l,--list", options.list_level,
               "Print the groups, of NODES if there are any; -ll: and their nodes; -lll: and how "
               "many");
  for (const char* name : {"--expand", "--fold", "--count", "--list"}) {
    app.get_option(name)->group("What to do");
  }
}

void AddOperations(CLI::App& app, Operations& operations) {
  const auto many = [&app](const char* names, std::vector<std::string>& values,
                           const char* summary) {
    app.add_option(names, values, summary)
        ->type_name("NODES")
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false)
        ->group("Operations, also between node sets");
  };
  many("-x,--exclude", operations.without, "Without these");
  many("-i,--intersection", operations.and_with, "Of those so far, the ones in these");
  many("-X,--xor", operations.xor_with, "Those in one of the two only");
}

void AddOutput(CLI::App& app, NodesetOptions& options, std::string& autostep) {
  app.add_option("-S,--separator", options.separator,
                 "What stands between the names of -e; \\n is a newline")
      ->type_name("TEXT")
      ->default_str("' '");
  app.add_option("-O,--output-format", options.format, "How each name is written")
      ->type_name("FORMAT")
      ->default_str("%s");
  app.add_option("-I,--slice", options.slice, "Only those at these places, from 0: 0-4,7")
      ->type_name("PLACES");
  app.add_option("--split", options.split, "Print up to N sets of about the same size")
      ->type_name("N");
  app.add_flag("--contiguous", options.contiguous, "Print a set for each run without a gap");
  app.add_option("--pick", options.pick, "Only N of them, whichever")->type_name("N");
  app.add_option("--autostep", autostep,
                 "Fold N nodes or more at one distance as n[2-8/2]; N%: so many of all; auto: when "
                 "it saves words for all")
      ->type_name("N");
}

}  // namespace

std::int64_t Autostep::MinSteps(std::size_t nodes) const {
  switch (kind) {
    case Kind::kCount:
      return static_cast<std::int64_t>(value) - 1;
    case Kind::kShare:
      return static_cast<std::int64_t>(std::ceil(static_cast<double>(nodes) * value)) - 1;
    case Kind::kAll:
      return std::max<std::int64_t>(3, static_cast<std::int64_t>(nodes)) - 1;
    case Kind::kNever:
      break;
  }
  return kNoSteps;
}

absl::StatusOr<NodesetOptions> ParseNodesetOptions(int argc, const char* const* argv) {
  NodesetOptions options;
  Commands commands;
  Operations operations;
  std::string autostep;
  CLI::App app(
      "Expands, folds and counts sets of nodes: muster-nodeset COMMAND [OPTIONS] [NODES [-x|-i|-X "
      "NODES]...]",
      "muster-nodeset");
  app.prefix_command();
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("-V,--version", absl::StrCat("muster-nodeset ", kVersion),
                       "Print the version");
  AddCommands(app, commands, options);
  AddOperations(app, operations);
  AddOutput(app, options, autostep);
  app.add_flag("-a,--all", options.all, "Begin with all nodes of the configuration");
  app.add_flag("-R,--rangeset", options.numbers, "No nodes but numbers: 1-5,8");
  app.add_flag("--each", options.each, "Answer every line of standard input by itself");
  app.add_flag("-q,--quiet", options.quiet, "No warnings");
  app.add_option("--config", options.config, "The configuration file, for groups")
      ->type_name("FILE");
  app.add_option("--cluster", options.cluster, "Which cluster of the configuration")
      ->type_name("NAME");
  app.footer(kEpilogue);
  ASSIGN_OR_RETURN(options.text, clustershell::ReadCommandLine(app, argc, argv));
  if (options.text) return options;
  for (std::string& text : operations.and_with) options.before.push_back({'&', std::move(text)});
  for (std::string& text : operations.without) options.before.push_back({'!', std::move(text)});
  for (std::string& text : operations.xor_with) options.before.push_back({'^', std::move(text)});
  RETURN_IF_ERROR(TakeOperands(app.remaining(), app, options));
  RETURN_IF_ERROR(CheckTogether(options, commands, app.get_option("--split")->count() > 0));
  if (!autostep.empty() && !ReadAutostep(autostep, options.autostep)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--autostep: '", autostep, "' is none of 4, 50% and auto"));
  }
  if (options.pick < 0) return absl::OutOfRangeError("--pick: a number from 0");
  if (commands.expand) options.command = NodesetOptions::Command::kExpand;
  if (commands.count) options.command = NodesetOptions::Command::kCount;
  if (options.list_level > 0) options.command = NodesetOptions::Command::kList;
  return options;
}

}  // namespace muster::nodeset
