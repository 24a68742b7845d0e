#include "provision/cluster_template.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/nearest.h"
#include "common/quantity.h"
#include "common/status_macros.h"
#include "provision/node_names.h"
#include "provision/template_providers.h"

namespace muster::provision {
namespace {

using Entries = std::map<std::string, ConfigFile::Entry>;
using Sections = std::vector<const ConfigFile::Section*>;

constexpr int kMostNodes = 100000;  // of one kind

bool IsTemplate(const ConfigFile::Section& section) {
  return section.kind == "cluster" && section.entries.count("nodes") == 0;
}

std::vector<std::string> Words(const std::string& value) {
  std::vector<std::string> words;
  for (absl::string_view word : absl::StrSplit(value, absl::ByAnyChar(",\n"))) {
    word = absl::StripAsciiWhitespace(word);
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

// The section and all that it extends, itself last.
absl::StatusOr<Sections> Ancestry(const ConfigFile& file, const ConfigFile::Section& section) {
  Sections all = {&section};
  std::vector<std::string> names;  // of templates, for a message
  for (const ConfigFile::Section& other : file.sections()) {
    if (IsTemplate(other)) names.push_back(other.name);
  }
  while (true) {
    const auto entry = all.front()->entries.find("extends");
    if (entry == all.front()->entries.end()) return all;
    const ConfigFile::Section* const parent = file.FindSection("cluster", entry->second.value);
    if (parent == nullptr || !IsTemplate(*parent)) {
      return file.ErrorAt(
          entry->second.line,
          absl::StrCat("there is no template [cluster ", entry->second.value, "] to extend",
                       parent == nullptr ? "" : " (that one lists its nodes)", "; valid here: ",
                       absl::StrJoin(names, ", "), DidYouMean(entry->second.value, names)));
    }
    if (std::find(all.begin(), all.end(), parent) != all.end()) {
      return file.ErrorAt(entry->second.line,
                          absl::StrCat("[cluster ", section.name, "] extends itself, by way of ",
                                       all.front()->name));
    }
    all.insert(all.begin(), parent);
  }
}

// Reads one template. One thread.
class Reader {
 public:
  Reader(const ConfigFile& file, const ConfigFile::Section& section)
      : file_(file), section_(section) {}

  absl::StatusOr<ClusterTemplate> Read() {
    ASSIGN_OR_RETURN(const Sections sections, Ancestry(file_, section_));
    for (const ConfigFile::Section* section : sections) {
      for (const auto& [key, entry] : section->entries) entries_[key] = entry;
    }
    result_.name = section_.name;
    result_.origin = absl::StrCat(file_.path(), ":", section_.line);
    result_.record.template_name = section_.name;
    if (const absl::Status name = CheckClusterName(section_.name); !name.ok()) {
      return file_.ErrorAt(section_.line, std::string(name.message()));
    }
    RETURN_IF_ERROR(ReadProviders());
    RETURN_IF_ERROR(ReadKinds(sections));
    RETURN_IF_ERROR(ReadOfKinds());
    RETURN_IF_ERROR(ReadRest());
    return std::move(result_);
  }

 private:
  const ConfigFile::Entry* Find(const std::string& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
  }

  absl::Status ReadProviders() {
    const auto* provider = Find("provider");
    ConfigFile::Entry local{"local", section_.line};
    ASSIGN_OR_RETURN(result_.record.provider,
                     ReadProvider(file_, provider == nullptr ? local : *provider));
    if (const auto* setup = Find("setup")) {
      ASSIGN_OR_RETURN(result_.record.setup, ReadSetup(file_, *setup));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int> Count(const ConfigFile::Entry& entry, int most) const {
    int count = 0;
    if (!absl::SimpleAtoi(entry.value, &count) || count < 0 || count > most) {
      return file_.ErrorAt(
          entry.line,
          absl::StrCat("\"", entry.value, "\" is no number of nodes; valid here: 0 to ", most));
    }
    return count;
  }

  // nodes.KIND, in the order of the file, those that are extended first.
  absl::Status ReadKinds(const Sections& sections) {
    constexpr absl::string_view kNodes = "nodes.";
    std::vector<std::pair<int, std::string>> kinds;  // with its line
    std::set<std::string> known;
    for (const ConfigFile::Section* section : sections) {
      std::vector<std::pair<int, std::string>> fresh;
      for (const auto& [key, entry] : section->entries) {
        if (!absl::StartsWith(key, kNodes)) continue;
        const std::string kind = key.substr(kNodes.size());
        if (known.insert(kind).second) fresh.emplace_back(entry.line, kind);
      }
      std::sort(fresh.begin(), fresh.end());
      kinds.insert(kinds.end(), fresh.begin(), fresh.end());
    }
    if (kinds.empty()) {
      return file_.ErrorAt(section_.line, absl::StrCat("[cluster ", section_.name,
                                                       "] has no nodes; write nodes.KIND = 3"));
    }
    for (const auto& [line, kind] : kinds) {
      if (const absl::Status valid = CheckKind(kind); !valid.ok()) {
        return file_.ErrorAt(line, std::string(valid.message()));
      }
      ASSIGN_OR_RETURN(const int count, Count(entries_[absl::StrCat(kNodes, kind)], kMostNodes));
      NodeRecord node;
      node.kind = kind;
      result_.nodes.emplace_back(count, std::move(node));
    }
    return absl::OkStatus();
  }

  // KEY.KIND of kinds that have nodes.
  absl::Status ReadOfKinds() {
    for (const auto& [key, entry] : entries_) {
      const std::size_t dot = key.find('.');
      if (dot == std::string::npos) continue;
      const std::string kind = key.substr(dot + 1);
      std::vector<std::string> kinds;
      std::pair<int, NodeRecord>* found = nullptr;
      for (auto& node : result_.nodes) {
        kinds.push_back(node.second.kind);
        if (node.second.kind == kind) found = &node;
      }
      if (found == nullptr) {
        return file_.ErrorAt(entry.line,
                             absl::StrCat("there is no nodes.", kind, "; valid kinds here: ",
                                          absl::StrJoin(kinds, ", "), DidYouMean(kind, kinds)));
      }
      RETURN_IF_ERROR(Set(key.substr(0, dot), entry, found->first, found->second));
    }
    return absl::OkStatus();
  }

  absl::Status Set(const std::string& key, const ConfigFile::Entry& entry, int count,
                   NodeRecord& node) {
    if (key == "min_nodes") {
      ASSIGN_OR_RETURN(const int least, Count(entry, kMostNodes));
      if (least > count) {
        return file_.ErrorAt(
            entry.line,
            absl::StrCat("min_nodes.", node.kind, " = ", least, ", but nodes.", node.kind, " = ",
                         count, ": more would have to live than there ", "are; make nodes.",
                         node.kind, " at least ", least, ", or min_nodes.", node.kind, " at most ",
                         count));
      }
      result_.record.min_nodes[node.kind] = least;
    } else if (key == "groups") {
      result_.record.groups[node.kind] = Words(entry.value);
    } else if (key == "image") {
      node.image_id = entry.value;
    } else if (key == "image_user") {
      node.image_user = entry.value;
    } else if (key == "flavor") {
      node.flavor = entry.value;
    } else if (key == "security_group") {
      node.security_group = entry.value;
    } else if (key == "userdata") {
      node.image_userdata = entry.value;
    } else if (key == "placement") {
      node.extra["placement"] = nlohmann::json(entry.value).dump();
    }
    return absl::OkStatus();
  }

  absl::Status ReadRest() {
    ClusterRecord& record = result_.record;
    if (const auto* entry = Find("start_timeout")) {
      const auto time = ParseDuration(entry->value);
      if (!time.ok()) return file_.ErrorAt(entry->line, std::string(time.status().message()));
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(*time).count();
      if (seconds < 1 || seconds > std::int64_t{7} * 86400) {
        return file_.ErrorAt(entry->line, "start_timeout is 1s to 168h");
      }
      record.start_timeout = static_cast<int>(seconds);
    }
    if (const auto* entry = Find("on_timeout")) {
      if (entry->value != "stop" && entry->value != "keep") {
        return file_.ErrorAt(
            entry->line,
            absl::StrCat("\"", entry->value, "\" is no on_timeout; valid here: stop, keep",
                         DidYouMean(entry->value, {"stop", "keep"})));
      }
      record.keeps_on_timeout = entry->value == "keep";
    }
    ASSIGN_OR_RETURN(result_.plugins, ReadPluginPlan(file_, entries_));
    if (const auto* entry = Find("key_name")) record.key_name = entry->value;
    if (const auto* entry = Find("key_public")) record.key_public = entry->value;
    if (const auto* entry = Find("key_private")) record.key_private = entry->value;
    return absl::OkStatus();
  }

  const ConfigFile& file_;
  const ConfigFile::Section& section_;
  Entries entries_;  // of the section and those that it extends
  ClusterTemplate result_;
};

}  // namespace

absl::StatusOr<std::vector<ClusterTemplate>> ReadTemplates(const ConfigFile& file,
                                                           std::vector<std::string>* wrong) {
  std::vector<ClusterTemplate> templates;
  RETURN_IF_ERROR(ReadPluginSections(file).status());  // also those that no cluster has
  for (const ConfigFile::Section& section : file.sections()) {
    if (!IsTemplate(section)) continue;
    absl::StatusOr<ClusterTemplate> read = Reader(file, section).Read();
    if (read.ok()) {
      templates.push_back(*std::move(read));
      continue;
    }
    if (wrong == nullptr) return read.status();
    // One that extends it is wrong in the same line.
    const std::string line(read.status().message());
    if (std::find(wrong->begin(), wrong->end(), line) == wrong->end()) wrong->push_back(line);
  }
  return templates;
}

absl::StatusOr<ClusterRecord> MakeCluster(const ClusterTemplate& from, const std::string& name,
                                          const NodeCounts& counts) {
  RETURN_IF_ERROR(CheckClusterName(name));
  ClusterRecord record = from.record;
  record.name = name;
  NodeCounts left = counts;
  if (const auto only = left.find(""); only != left.end()) {
    if (from.nodes.size() != 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "template ", from.name, " has several kinds, so each number needs its own, as 4:",
          from.nodes.front().second.kind));
    }
    left[from.nodes.front().second.kind] = only->second;
    left.erase("");
  }
  for (const auto& [count, model] : from.nodes) {
    const auto given = left.find(model.kind);
    const int wanted = given == left.end() ? count : given->second;
    if (given != left.end()) {
      left.erase(given);
      const auto least = record.min_nodes.find(model.kind);
      if (least != record.min_nodes.end()) least->second = std::min(least->second, wanted);
    }
    for (int i = 0; i < wanted; ++i) {
      NodeRecord node = model;
      node.name = NextName(record.nodes, model.kind);
      record.nodes.push_back(std::move(node));
    }
  }
  if (left.empty()) return record;
  std::vector<std::string> kinds;
  for (const auto& [count, model] : from.nodes) kinds.push_back(model.kind);
  const std::string& unknown = left.begin()->first;
  return absl::InvalidArgumentError(absl::StrCat("template ", from.name, " has no kind '", unknown,
                                                 "'; valid here: ", absl::StrJoin(kinds, ", "),
                                                 DidYouMean(unknown, kinds)));
}

absl::StatusOr<NodeCounts> ParseNodeCounts(const std::string& text) {
  NodeCounts counts;
  for (const std::string& word : Words(text)) {
    const std::vector<std::string> parts = absl::StrSplit(word, absl::MaxSplits(':', 1));
    int count = 0;
    const bool is_right = absl::SimpleAtoi(parts.front(), &count) && count >= 0 &&
                          count <= kMostNodes && (parts.size() == 1 || CheckKind(parts[1]).ok());
    if (!is_right) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", word, "\" is no number of nodes of a kind, as 4:compute"));
    }
    if (!counts.emplace(parts.size() == 1 ? "" : parts[1], count).second) {
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" names a kind twice"));
    }
  }
  if (counts.empty())
    return absl::InvalidArgumentError("no number of nodes, as 4:compute, is there");
  return counts;
}

}  // namespace muster::provision
