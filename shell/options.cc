#include "shell/options.h"

#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <CLI/CLI.hpp>

#include "common/nearest.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "shell/execution_flags.h"

namespace muster::clustershell {
namespace {

constexpr char kEpilogue[] =
    "\nWithout -c or a command: a prompt, or, when standard input is not a terminal, the lines in "
    "it.\n"
    "'help' at the prompt lists the commands.\n"
    "\n"
    "  clustershell --local 3 -c '@ hostname' -c check\n"
    "  clustershell -w 'web*' -x web3 -b -- uname -r\n"
    "\n"
    "Exit code: 0 all is well, 1 a node failed, 2 a line or a flag is wrong, 3 a target names no\n"
    "node, 4 a node is unreachable or was lost (of several lines 2, 3, 4, 1 count in this order);\n"
    "130 after Ctrl-C; `run` adds the program's own.";

// What CLI11 could not place.
absl::Status Unexpected(const std::string& word, const CLI::App& app) {
  if (!absl::StartsWith(word, "-")) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument '", word, "'; a line to run is given as -c '", word,
                     "', a command for nodes behind -a or -w TARGET"));
  }
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  const std::string flag = word.substr(0, word.find('='));
  return absl::InvalidArgumentError(absl::StrCat("unknown option ", flag, DidYouMean(flag, flags),
                                                 " (clustershell --help lists all)"));
}

// A value that is wrong is told by CLI11, which puts the name of the flag in front.
void Apply(const ExecutionFlag& flag, const std::string& value, ExecuteOptions& options) {
  const absl::Status applied = flag.apply(value, options);
  if (!applied.ok()) throw CLI::ValidationError(flag.name, std::string(applied.message()));
}

void AddExecutionFlags(CLI::App& app, ExecuteOptions& options) {
  for (const ExecutionFlag& flag : ExecutionFlags()) {
    CLI::Option* option = nullptr;
    if (flag.value == nullptr) {
      option = app.add_flag_callback(
          flag.name, [&flag, &options] { Apply(flag, "", options); }, flag.summary);
    } else {
      option = app.add_option_function<std::vector<std::string>>(
          flag.name,
          [&flag, &options](const std::vector<std::string>& values) {
            for (const std::string& value : values) Apply(flag, value, options);
          },
          flag.summary);
      option->type_name(flag.value)->expected(1)->allow_extra_args(false);
      option->multi_option_policy(flag.repeats ? CLI::MultiOptionPolicy::TakeAll
                                               : CLI::MultiOptionPolicy::TakeLast);
    }
    option->group("For every @ and py");
  }
  app.get_option("--reap")->excludes("--keep");
}

void AddReportFlags(CLI::App& app, ReportStyle& style) {
  const auto apply = [&style](const ReportFlag& flag, const std::string& value) {
    const absl::Status applied = flag.apply(value, style);
    if (!applied.ok()) throw CLI::ValidationError(flag.name, std::string(applied.message()));
  };
  for (const ReportFlag& flag : ReportFlags()) {
    const std::string names = flag.letter == 0
                                  ? flag.name
                                  : absl::StrCat("-", std::string(1, flag.letter), ",", flag.name);
    CLI::Option* option = nullptr;
    if (flag.value == nullptr) {
      option = app.add_flag_callback(
          names, [&flag, apply] { apply(flag, ""); }, flag.summary);
    } else {
      option = app.add_option_function<std::string>(
          names, [&flag, apply](const std::string& value) { apply(flag, value); }, flag.summary);
      option->type_name(flag.value);
    }
    option->group("How @ and py are told");
  }
}

// With the letters of clush.
void AddOneShotFlags(CLI::App& app, OneShot& one_shot) {
  const auto many = [&app](const char* names, std::vector<std::string>& values, const char* type,
                           const char* summary) {
    app.add_option(names, values, summary)
        ->type_name(type)
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
  };
  many("-w,--nodes", one_shot.nodes, "TARGET", "The nodes for the command behind the flags");
  many("-x,--exclude", one_shot.excluded, "TARGET", "But not these");
  many("-g,--group", one_shot.groups, "GROUP", "The nodes of a group");
  many("-X,--exclude-group", one_shot.excluded_groups, "GROUP", "But not those of this one");
  many("--hostfile", one_shot.files, "FILE", "The nodes that a file names");
  app.add_flag("-a,--all", one_shot.all, "All nodes");
  app.add_option("--pick", one_shot.pick, "So many of them, whichever")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
  app.add_flag("-S,--maxrc", one_shot.returns_remote_code,
               "End with the largest exit code of the command");
  app.add_flag_callback(
      "-n,--nostdin", [] {}, "Nothing is read from standard input, which is so anyway");
  for (const char* name : {"--nodes", "--exclude", "--group", "--exclude-group", "--hostfile",
                           "--all", "--pick", "--maxrc", "--nostdin"}) {
    app.get_option(name)->group("One command for nodes, as clush has it");
  }
}

// The words behind the flags are the command of a OneShot.
absl::Status TakeWords(std::vector<std::string> words, const CLI::App& app, Options& options) {
  const bool is_marked = !words.empty() && words.front() == "--";
  if (!words.empty() && !is_marked && absl::StartsWith(words.front(), "-")) {
    return Unexpected(words.front(), app);
  }
  if (is_marked) words.erase(words.begin());
  if (!words.empty() && !options.one_shot.IsGiven()) return Unexpected(words.front(), app);
  options.one_shot.words = std::move(words);
  if (!options.one_shot.IsGiven()) return absl::OkStatus();
  if (options.has_lines) return absl::InvalidArgumentError("a command for -w does not go with -c");
  if (options.one_shot.words.empty()) {
    return absl::InvalidArgumentError("there is no command for the nodes; as: -w TARGET uname -r");
  }
  return absl::OkStatus();
}

absl::Status CheckTogether(const Options& options) {
  if (options.local && (!options.config.empty() || !options.cluster.empty())) {
    return absl::InvalidArgumentError(
        "--local starts a cluster of its own; it does not go with --config or --cluster");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Options> ParseOptions(int argc, const char* const* argv) {
  Options options;
  std::vector<std::string> given;
  CLI::App app("Runs commands, Python and programs on the nodes of a cluster.", "clustershell");
  app.prefix_command();
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("-V,--version", absl::StrCat("clustershell ", kVersion),
                       "Print the version");
  app.add_option("--local", options.local, "Start N nodes on this machine, and use those")
      ->type_name("N")
      ->check(CLI::Range(1, 512));
  app.add_option("--config", options.config, "The configuration file")->type_name("FILE");
  app.add_option("--cluster", options.cluster, "Which cluster of the configuration")
      ->type_name("NAME");
  const CLI::Option* lines =
      app.add_option("-c", given, "Run this line and end; may be given several times")
          ->type_name("LINE")
          ->expected(1)
          ->take_all()
          ->allow_extra_args(false);
  app.add_flag("-y,--yes", options.answers_yes, "Answer every question by yes");
  app.add_flag("--debug", options.debug, "Show the tracebacks of the nodes");
  AddExecutionFlags(app, options.line.execution);
  AddReportFlags(app, options.line.report);
  AddOneShotFlags(app, options.one_shot);
  app.footer(kEpilogue);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    options.text = app.help();
    return options;
  } catch (const CLI::CallForVersion& version) {
    options.text = absl::StrCat(version.what(), "\n");
    return options;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(error.what(), " (clustershell --help lists all options)"));
  }
  options.has_lines = lines->count() > 0;
  RETURN_IF_ERROR(TakeWords(app.remaining(), app, options));
  RETURN_IF_ERROR(CheckTogether(options));
  for (const std::string& text : given) {
    for (absl::string_view line : absl::StrSplit(text, '\n')) options.lines.emplace_back(line);
  }
  return options;
}

}  // namespace muster::clustershell
