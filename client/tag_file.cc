#include "client/tag_file.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <stdlib.h>

#include <set>

#include "common/escape.h"
#include "common/status_macros.h"

namespace muster {
namespace {

constexpr std::size_t kMaxTagBytes = 256;
constexpr std::size_t kMostShown = 60;  // bytes of one that is longer

struct Line {
  absl::string_view scope;
  absl::string_view node;
  absl::string_view tag;
};

// Lines of another kind are left out.
std::vector<Line> LinesOf(absl::string_view text) {
  std::vector<Line> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, '\t');
    if (fields.size() == 3) lines.push_back({fields[0], fields[1], fields[2]});
  }
  return lines;
}

std::string ToText(absl::string_view scope, absl::string_view node, absl::string_view tag) {
  return absl::StrCat(scope, "\t", node, "\t", tag, "\n");
}

}  // namespace

absl::string_view KeyOfTag(absl::string_view tag) { return tag.substr(0, tag.find(':')); }

absl::Status CheckTag(absl::string_view tag) {
  const auto wrong = [&](absl::string_view why) {
    const bool is_long = tag.size() > kMaxTagBytes;
    return absl::InvalidArgumentError(
        absl::StrCat("\"", EscapeToOneLine(tag.substr(0, is_long ? kMostShown : tag.size())),
                     is_long ? "…" : "", "\" cannot be a tag: ", why));
  };
  if (KeyOfTag(tag).empty()) return wrong("its key is empty");
  if (tag[0] == ';' || tag[0] == '#') return wrong("a comment of the configuration begins so");
  if (tag.size() > kMaxTagBytes)
    return wrong(absl::StrCat("it has more than ", kMaxTagBytes, " bytes"));
  if (tag.find_first_of(" \t\r\n\v\f,") != absl::string_view::npos) {
    return wrong("a tag holds no blanks and no commas");
  }
  if (EscapeToOneLine(tag) != tag) return wrong("it holds bytes that are no visible characters");
  return absl::OkStatus();
}

TagFile::TagFile(const std::string& path, const std::string& scope)
    : file_(path, "the tags of nodes"), scope_(EscapeToOneLine(scope)) {}

std::string TagFile::DefaultPath() {
  const char* state = ::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return absl::StrCat(state, "/muster/tags");
  const char* home = ::getenv("HOME");
  if (home != nullptr && home[0] == '/') return absl::StrCat(home, "/.local/state/muster/tags");
  return "";
}

absl::StatusOr<TagFile::Tags> TagFile::Read() const {
  ASSIGN_OR_RETURN(const std::string text, file_.Read());
  Tags tags;
  for (const Line& line : LinesOf(text)) {
    if (line.scope == scope_) tags[std::string(line.node)].emplace_back(line.tag);
  }
  return tags;
}

absl::Status TagFile::Change(const std::vector<std::string>& nodes,
                             const std::vector<std::string>& keys,
                             const std::vector<std::string>& tags) const {
  return file_.Change([&](const std::string& before) -> absl::StatusOr<std::string> {
    const std::set<absl::string_view> of(nodes.begin(), nodes.end());
    const std::set<absl::string_view> gone(keys.begin(), keys.end());
    std::string after;
    for (const Line& line : LinesOf(before)) {
      const bool goes =
          line.scope == scope_ && of.count(line.node) != 0 && gone.count(KeyOfTag(line.tag)) != 0;
      if (!goes) after += ToText(line.scope, line.node, line.tag);
    }
    for (const std::string& node : nodes) {
      for (const std::string& tag : tags) after += ToText(scope_, node, tag);
    }
    return after;
  });
}

}  // namespace muster
