// CommandWords: the words behind a command, as flags with their values and the rest. Flags stand
// anywhere; behind -- there are none. Pure; thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <map>
#include <string>
#include <vector>

namespace muster::clustershell {

// A flag that a command takes.
struct WordFlag {
  char letter;       // 0: none
  const char* name;  // "--yes"
  bool has_value = false;
};

class CommandWords {
 public:
  // InvalidArgument: a quote is open, a flag is unknown, lacks its value, or has one.
  static absl::StatusOr<CommandWords> Parse(absl::string_view line,
                                            const std::vector<WordFlag>& flags);

  const std::vector<std::string>& rest() const { return rest_; }
  bool Has(const std::string& name) const { return values_.count(name) != 0; }
  // What stood behind it the last time; empty: it is not there.
  std::string ValueOf(const std::string& name) const;
  // Each time.
  std::vector<std::string> ValuesOf(const std::string& name) const;

 private:
  std::vector<std::string> rest_;
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace muster::clustershell
