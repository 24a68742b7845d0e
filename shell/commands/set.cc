// set [NAME=VALUE]: what this shell does by itself.
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include "shell/command_list.h"
#include "shell/exit_code.h"
#include "shell/shell.h"
#include "shell/table.h"

namespace muster::clustershell {
namespace {

int Run(Shell& shell, absl::string_view rest) {
  StickySessions& sticky = shell.sticky();
  if (rest.empty()) {
    Table table({{"setting"}, {"value"}, {"what it does"}});
    table.Add({"sticky", sticky.are_default() ? "yes" : "no",
               "every @TARGET command runs in a session of this shell, as @TARGET: does"});
    shell.output().Out(table.Render(shell.output().columns()));
    return kExitOk;
  }
  const std::size_t equals = rest.find('=');
  const absl::string_view name = absl::StripAsciiWhitespace(rest.substr(0, equals));
  if (name != "sticky") {
    return shell.Usage("set",
                       absl::StrCat("there is no setting '", name, "'; the one there is: sticky"));
  }
  const absl::string_view value =
      equals == absl::string_view::npos ? "" : absl::StripAsciiWhitespace(rest.substr(equals + 1));
  if (value != "yes" && value != "no") {
    return shell.Usage("set", absl::StrCat("sticky is yes or no, not '", value, "'"));
  }
  sticky.set_are_default(value == "yes");
  return kExitOk;
}

}  // namespace

const ShellCommand kSetCommand = {
    "set",
    "set [sticky=yes|no]",
    "show or change what this shell does by itself",
    "  set sticky=yes   directory, variables and background jobs of `@TARGET command` stay for "
    "the\n"
    "                   next one on that node; `@TARGET: command` does that for one line\n"
    "  set              lists the settings\n",
    ShellCommand::Argument::kNone,
    &Run,
};

}  // namespace muster::clustershell
