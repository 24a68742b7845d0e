#include "shell/command_words.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>

#include "common/nearest.h"
#include "common/status_macros.h"
#include "common/words.h"

namespace muster::clustershell {

const WordFlag* FindFlag(absl::Span<const WordFlag> flags, absl::string_view word) {
  const auto* const flag = std::find_if(flags.begin(), flags.end(), [&](const WordFlag& known) {
    return word == known.name || (word.size() == 2 && word[0] == '-' && word[1] == known.letter);
  });
  return flag == flags.end() ? nullptr : flag;
}

std::vector<std::string> NamesOf(absl::Span<const WordFlag> flags) {
  std::vector<std::string> names;
  names.reserve(flags.size());
  for (const WordFlag& flag : flags) names.emplace_back(flag.name);
  return names;
}

absl::StatusOr<CommandWords> CommandWords::Parse(absl::string_view line,
                                                 absl::Span<const WordFlag> flags) {
  ASSIGN_OR_RETURN(const std::vector<std::string> words, SplitWords(line));
  CommandWords result;
  bool takes_flags = true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (takes_flags && word == "--") {
      takes_flags = false;
      continue;
    }
    if (!takes_flags || word.size() < 2 || word[0] != '-') {
      result.rest_.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const WordFlag* const flag = FindFlag(flags, name);
    if (flag == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown flag ", name, DidYouMean(name, NamesOf(flags))));
    }
    std::vector<std::string>& values = result.values_[flag->name];
    if (!flag->has_value) {
      if (equals != std::string::npos) {
        return absl::InvalidArgumentError(absl::StrCat(flag->name, " takes no value"));
      }
      values.emplace_back();
    } else if (equals != std::string::npos) {
      values.push_back(word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      values.push_back(words[++i]);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(flag->name, " needs a value"));
    }
  }
  return result;
}

std::string CommandWords::ValueOf(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? "" : found->second.back();
}

std::vector<std::string> CommandWords::ValuesOf(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

}  // namespace muster::clustershell
