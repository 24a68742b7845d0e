// tag, untag: texts that nodes keep, for targets to ask for.
#include <absl/status/statusor.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/node_set.h"
#include "common/status_macros.h"
#include "common/words.h"
#include "shell/chosen_nodes.h"
#include "shell/command_list.h"
#include "shell/command_words.h"
#include "shell/exit_code.h"
#include "shell/shell.h"

namespace muster::clustershell {
namespace {

constexpr WordFlag kFlags[] = {{'y', "--yes"}};

std::string KeyOf(const std::string& tag) { return tag.substr(0, tag.find(':')); }

// What a line says behind the command.
struct Order {
  bool answers_yes = false;
  absl::string_view target;
  std::vector<std::string> words;
};

// Words separated by blanks; commas separate several in one word, as in a=1,b=2.
absl::StatusOr<Order> Parse(absl::string_view rest) {
  Order order;
  std::tie(order.target, rest) = SplitTarget(rest);
  if (FindFlag(kFlags, order.target) != nullptr) {
    order.answers_yes = true;
    std::tie(order.target, rest) = SplitTarget(rest);
  }
  if (order.target.empty()) return absl::InvalidArgumentError("there is no target");
  ASSIGN_OR_RETURN(const std::vector<std::string> words, SplitWords(rest));
  for (const std::string& word : words) {
    if (FindFlag(kFlags, word) != nullptr) {
      order.answers_yes = true;
      continue;
    }
    for (absl::string_view part : absl::StrSplit(word, ',', absl::SkipEmpty())) {
      order.words.emplace_back(part);
    }
  }
  return order;
}

// "env:prod" of "env=prod".
absl::StatusOr<std::string> ToTag(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("'", word, "' is not KEY=VALUE, as env=prod"));
  }
  const std::string key = word.substr(0, equals);
  const std::string value = word.substr(equals + 1);
  if (key.empty() || value.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("'", word, "' has no ",
                                                   key.empty() ? "key" : "value",
                                                   "; as env=prod, and `untag` takes a tag away"));
  }
  if (absl::StrContains(key, ':')) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key '", key, "' holds a ':', which stands between key and value; as ",
                     KeyOf(key), "=", word.substr(key.find(':') + 1)));
  }
  return absl::StrCat(key, ":", value);
}

// ChooseNodes, with an answer to its questions in the line.
ChosenNodes Choose(Shell& shell, const Order& order) {
  const bool before = shell.assumes_yes();
  shell.set_assumes_yes(before || order.answers_yes);
  ChosenNodes chosen = ChooseNodes(shell, order.target);
  shell.set_assumes_yes(before);
  return chosen;
}

// The tags of the configuration with one of these keys, on these nodes: "env:prod (web[1-2])".
std::vector<std::string> ConfiguredTags(const std::vector<Node>& nodes,
                                        const std::vector<std::string>& keys,
                                        const std::vector<std::string>& allowed) {
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (const Node& node : nodes) {
    for (const std::string& tag : node.tags) {
      const auto has = [](const std::vector<std::string>& list, const std::string& word) {
        return std::find(list.begin(), list.end(), word) != list.end();
      };
      if (has(node.given_tags, tag) || has(allowed, tag) || !has(keys, KeyOf(tag))) continue;
      auto same = std::find_if(found.begin(), found.end(),
                               [&](const auto& entry) { return entry.first == tag; });
      if (same == found.end()) same = found.insert(same, {tag, {}});
      same->second.push_back(node.name);
    }
  }
  std::vector<std::string> texts;
  texts.reserve(found.size());
  for (const auto& [tag, names] : found) {
    texts.push_back(absl::StrCat(tag, " (", Fold(names), ")"));
  }
  return texts;
}

// Takes the cluster with the tags, or says what is wrong.
int Apply(Shell& shell, absl::string_view command, Result<ClusterAPI> tagged) {
  if (tagged.ok()) {
    shell.view().Replace(*std::move(tagged));
    return kExitOk;
  }
  shell.output().Note(absl::StrCat(command, ": ", tagged.status().message()));
  return tagged.status().code() == StatusCode::kInvalidArgument ? kExitUsage : kExitFailed;
}

int RefuseConfigured(Shell& shell, absl::string_view command,
                     const std::vector<std::string>& configured) {
  shell.output().Note(
      absl::StrCat(command, ": the configuration says ", absl::StrJoin(configured, ", "),
                   "; what it says is changed there, in [node NAMES], only; nothing was changed"));
  return kExitUsage;
}

int RunTag(Shell& shell, absl::string_view rest) {
  const absl::StatusOr<Order> order = Parse(rest);
  if (!order.ok()) return shell.Usage("tag", order.status().message());
  if (order->words.empty()) return shell.Usage("tag", "there is no tag, as env=prod");
  std::vector<std::string> tags;
  std::vector<std::string> keys;
  for (const std::string& word : order->words) {
    const absl::StatusOr<std::string> tag = ToTag(word);
    if (!tag.ok()) return shell.Usage("tag", tag.status().message());
    if (std::find(keys.begin(), keys.end(), KeyOf(*tag)) != keys.end()) {
      return shell.Usage("tag", absl::StrCat("'", KeyOf(*tag), "' is given twice"));
    }
    keys.push_back(KeyOf(*tag));
    tags.push_back(*tag);
  }
  const ChosenNodes chosen = Choose(shell, *order);
  if (chosen.nodes.empty()) return chosen.exit_code;
  const std::vector<std::string> configured = ConfiguredTags(chosen.nodes, keys, tags);
  if (!configured.empty()) return RefuseConfigured(shell, "tag", configured);
  const int exit_code = Apply(shell, "tag", shell.cluster().tagged(chosen.nodes, {}, tags));
  if (exit_code != kExitOk) return exit_code;
  shell.output().Note(
      absl::StrCat("tagged ", NamesOf(chosen.nodes), " ", absl::StrJoin(tags, ", ")));
  return kExitOk;
}

int RunUntag(Shell& shell, absl::string_view rest) {
  const absl::StatusOr<Order> order = Parse(rest);
  if (!order.ok()) return shell.Usage("untag", order.status().message());
  if (order->words.empty()) return shell.Usage("untag", "there is no key of a tag, as env");
  const ChosenNodes chosen = Choose(shell, *order);
  if (chosen.nodes.empty()) return chosen.exit_code;
  std::vector<std::string> keys;
  std::vector<std::string> kept;  // of another value than the one that was said
  for (const std::string& word : order->words) {
    keys.push_back(word.substr(0, word.find_first_of("=:")));
    if (keys.back().size() == word.size()) continue;
    std::string said = word;
    said[keys.back().size()] = ':';
    for (const Node& node : chosen.nodes) {
      for (const std::string& tag : node.tags) {
        if (KeyOf(tag) == keys.back() && tag != said) {
          kept.push_back(absl::StrCat(tag, " (", node.name, ")"));
        }
      }
    }
  }
  if (!kept.empty()) {
    shell.output().Note(absl::StrCat("untag: another value is there: ", absl::StrJoin(kept, ", "),
                                     "; nothing was changed; `untag TARGET KEY` takes any"));
    return kExitNoMatch;
  }
  const std::vector<std::string> configured = ConfiguredTags(chosen.nodes, keys, {});
  if (!configured.empty()) return RefuseConfigured(shell, "untag", configured);
  std::vector<Node> tagged;
  for (const Node& node : chosen.nodes) {
    if (std::any_of(node.given_tags.begin(), node.given_tags.end(), [&](const std::string& tag) {
          return std::find(keys.begin(), keys.end(), KeyOf(tag)) != keys.end();
        })) {
      tagged.push_back(node);
    }
  }
  if (tagged.empty()) {
    shell.output().Note(absl::StrCat("untag: ", NamesOf(chosen.nodes), " has no tag ",
                                     absl::StrJoin(keys, ", "), "; `show` lists them"));
    return kExitNoMatch;
  }
  const int exit_code = Apply(shell, "untag", shell.cluster().tagged(tagged, keys, {}));
  if (exit_code != kExitOk) return exit_code;
  shell.output().Note(absl::StrCat("untagged ", NamesOf(tagged), " ", absl::StrJoin(keys, ", ")));
  return kExitOk;
}

}  // namespace

const ShellCommand kTagCommand = {
    "tag",
    "tag [-y] TARGET KEY=VALUE...",
    "give nodes tags",
    "  tag worker* env=dev            and then: @tags=env:dev uptime\n"
    "  tag 3,4 stack=spark1 rack=7    several; a comma may stand between them, too\n"
    "  tag * cool=yes                 of the working set only, while one is used ('help use')\n"
    "A tag replaces the one of the same key. They are kept for you and this configuration, on "
    "this\n"
    "machine, and every program of yours sees them. What [node NAMES] of the configuration says "
    "stays,\n"
    "and is changed there. No blanks, no commas in a tag. A number means what the last table "
    "showed;\n"
    "when the nodes are others since, you are asked (-y: yes).\n",
    ShellCommand::Argument::kTarget,
    &RunTag,
    false,
    false,
    false,
    [] { return NamesOf(kFlags); },
};

const ShellCommand kUntagCommand = {
    "untag",
    "untag [-y] TARGET KEY...",
    "take tags away from nodes",
    "  untag worker* env        whatever its value is\n"
    "  untag 3 env=dev stack    env only if it is dev\n"
    "Tags that the configuration gives are changed there.\n",
    ShellCommand::Argument::kTarget,
    &RunUntag,
    false,
    false,
    false,
    [] { return NamesOf(kFlags); },
};

}  // namespace muster::clustershell
