// Reading the command line of a program, as both programs of this folder do. Main thread.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace muster::clustershell {

// Puts it into what the options of `app` were bound to. What --help or --version want shown instead
// of anything else; empty: neither was there. InvalidArgument says what is wrong, and that --help
// lists all.
inline absl::StatusOr<std::optional<std::string>> ReadCommandLine(CLI::App& app, int argc,
                                                                  const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForVersion& version) {
    return absl::StrCat(version.what(), "\n");
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(error.what(), " (", app.get_name(), " --help lists all options)"));
  }
  return std::nullopt;
}

}  // namespace muster::clustershell
