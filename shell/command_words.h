// CommandWords: the words behind a command, as flags with their values and the rest. Flags stand
// anywhere; behind -- there are none. Pure; thread-safe.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>
#include <absl/types/span.h>

#include <map>
#include <string>
#include <vector>

namespace muster::clustershell {

// A flag that a command takes. Each command has one list of them, with which its line is read and
// its flags are completed.
struct WordFlag {
  char letter;       // 0: none
  const char* name;  // "--yes"
  bool has_value = false;
};

// That of a name or a letter, without a value; null: there is none.
const WordFlag* FindFlag(absl::Span<const WordFlag> flags, absl::string_view word);
std::vector<std::string> NamesOf(absl::Span<const WordFlag> flags);

class CommandWords {
 public:
  // InvalidArgument: a quote is open, a flag is unknown, lacks its value, or has one.
  static absl::StatusOr<CommandWords> Parse(absl::string_view line,
                                            absl::Span<const WordFlag> flags);

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
