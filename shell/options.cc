#include "shell/options.h"

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "common/nearest.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "shell/command_line.h"
#include "shell/execution_flags.h"
#include "shell/report_flags.h"
#include "shell/run_flags.h"

namespace muster::clustershell {
namespace {

constexpr char kEpilogue[] =
    "\nWithout -c or a command: a prompt, or, when standard input is not a terminal, the lines in "
    "it.\n"
    "'help' at the prompt lists the commands.\n"
    "\n"
    "  clustershell --local 3 -c '@ hostname' -c check\n"
    "  clustershell -w 'web*' -x web3 -b -- uname -r\n"
    "  clustershell cluster create base1\n"
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

void AddLineFlags(CLI::App& app, const std::vector<LineFlag>& flags, const char* group,
                  LineOptions& options) {
  const auto apply = [&options](const LineFlag& flag, const std::string& value) {
    const absl::Status applied = flag.apply(value, options);
    if (!applied.ok()) throw CLI::ValidationError(flag.name, std::string(applied.message()));
  };
  for (const LineFlag& flag : flags) {
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
    option->group(group);
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
  for (const char* name : {"--copy", "--rcopy"}) {
    app.add_option(name, one_shot.sources,
                   name == absl::string_view("--copy") ? "Copy files to the nodes, not a command"
                                                       : "Copy files of the nodes here")
        ->type_name("FILE")
        ->expected(0, 1 << 20);
  }
  app.add_option("--dest", one_shot.destination, "Where to; else where they come from")
      ->type_name("PATH");
  app.add_flag_callback(
      "-p,--preserve", [] {}, "Modes and times are kept, which is so anyway");
  app.add_flag_callback(
      "-n,--nostdin", [] {}, "Nothing is read from standard input, which is so anyway");
  for (const char* name :
       {"--nodes", "--exclude", "--group", "--exclude-group", "--hostfile", "--all", "--pick",
        "--copy", "--rcopy", "--dest", "--preserve", "--nostdin"}) {
    app.get_option(name)->group("One command for nodes, as clush has it");
  }
}

// Files may stand behind the flags, too, as with clush: --copy --dest /tmp FILE.
absl::Status TakeFiles(OneShot& one_shot) {
  const char* const flag = one_shot.copies ? "--copy" : "--rcopy";
  if (one_shot.copies == one_shot.copies_back) {
    return absl::InvalidArgumentError(one_shot.copies ? "--copy and --rcopy exclude each other"
                                                      : "--dest is for --copy and --rcopy");
  }
  for (std::string& word : one_shot.words) one_shot.sources.push_back(std::move(word));
  one_shot.words.clear();
  std::erase(one_shot.sources, "");
  if (!one_shot.sources.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(flag, " names no file; as: -w TARGET ", flag, " FILE --dest FOLDER"));
}

// Words that a shell has split, as a line that is split again.
std::string LineOf(const std::vector<std::string>& words) {
  return absl::StrJoin(words, " ", [](std::string* out, const std::string& word) {
    const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
             absl::StrContains("-_./:=,@%+", c);
    });
    absl::StrAppend(
        out,
        is_plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\"'\"'"}}), "'"));
  });
}

// Commands of this shell that the command line may begin with, without -c.
bool IsOwnCommand(const std::string& word) {
  return word == "cluster" || word == "hooks" || word == "plugin" || word == "shell" ||
         word == "starcluster";
}

// The words behind the flags are the command of a OneShot, or a line of this shell.
absl::Status TakeWords(std::vector<std::string> words, const CLI::App& app, Options& options) {
  const bool is_marked = !words.empty() && words.front() == "--";
  if (!words.empty() && !is_marked && absl::StartsWith(words.front(), "-")) {
    return Unexpected(words.front(), app);
  }
  if (is_marked) words.erase(words.begin());
  options.one_shot.copies = app.count("--copy") > 0;
  options.one_shot.copies_back = app.count("--rcopy") > 0;
  if (!words.empty() && !is_marked && IsOwnCommand(words.front()) && !options.one_shot.IsGiven() &&
      !options.has_lines && options.file.empty()) {
    options.has_lines = true;
    options.lines.push_back(LineOf(words));
    return absl::OkStatus();
  }
  if (!words.empty() && !options.one_shot.IsGiven()) return Unexpected(words.front(), app);
  options.one_shot.words = std::move(words);
  if (!options.one_shot.IsGiven()) return absl::OkStatus();
  if (options.has_lines || !options.file.empty()) {
    return absl::InvalidArgumentError(
        options.has_lines ? "a command for -w does not go with -c, which is a line of this shell; "
                            "files are copied with --copy"
                          : "a command for -w does not go with --file");
  }
  if (options.one_shot.copies || options.one_shot.copies_back ||
      !options.one_shot.destination.empty()) {
    return TakeFiles(options.one_shot);
  }
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
  if (options.has_lines && !options.file.empty()) {
    return absl::InvalidArgumentError("--file does not go with -c; both give the lines to run");
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
  app.add_option("--file", options.file, "Run the lines of a file and end; -: of standard input")
      ->type_name("FILE");
  app.add_flag("--debug", options.debug, "Show the tracebacks of the nodes");
  app.add_flag("--trace-hooks", options.traces_hooks,
               "Tell each call of a hook, and how long it took");
  app.add_option("--hook-setting", options.hook_settings, "A setting of a hook, for this run")
      ->type_name("HOOK.SETTING=VALUE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  AddExecutionFlags(app, options.line.execution);
  AddLineFlags(app, ReportFlags(), "How @ and py are told", options.line);
  AddLineFlags(app, RunFlags(), "How @ and py are sent", options.line);
  AddOneShotFlags(app, options.one_shot);
  app.footer(kEpilogue);
  ASSIGN_OR_RETURN(options.text, ReadCommandLine(app, argc, argv));
  if (options.text) return options;
  options.has_lines = lines->count() > 0;
  RETURN_IF_ERROR(TakeWords(app.remaining(), app, options));
  RETURN_IF_ERROR(CheckTogether(options));
  for (const std::string& text : given) {
    for (absl::string_view line : absl::StrSplit(text, '\n')) options.lines.emplace_back(line);
  }
  return options;
}

}  // namespace muster::clustershell
