#include "client/map_template.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <utility>

namespace muster {

absl::StatusOr<MapTemplate::Parts> MapTemplate::Split(const std::string& text) {
  Parts parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c != '{' && c != '}') {
      parts.back() += c;
    } else if (next == c) {
      parts.back() += c;
      ++i;
    } else if (c == '{' && next == '}') {
      parts.emplace_back();
      ++i;
    } else {
      const std::string brace(1, c);
      return absl::InvalidArgumentError(absl::StrCat(
          "byte ", i + 1, " of the template is a lone ", brace,
          ": {} is the place of the item, and a brace that is meant is written ", brace, brace));
    }
  }
  return parts;
}

absl::StatusOr<MapTemplate> MapTemplate::Parse(Command command) {
  MapTemplate parsed;
  std::size_t places = 0;
  const auto split = [&](const std::string& text, Parts& into) {
    absl::StatusOr<Parts> parts = Split(text);
    if (!parts.ok()) return parts.status();
    into = *std::move(parts);
    places += into.size() - 1;
    return absl::OkStatus();
  };
  if (command.kind == Command::Kind::kArgv) {
    for (const std::string& argument : command.arguments) {
      if (auto status = split(argument, parsed.arguments_.emplace_back()); !status.ok()) {
        return status;
      }
    }
  } else if (auto status = split(command.source, parsed.source_); !status.ok()) {
    return status;
  }
  if (places == 0) {
    return absl::InvalidArgumentError(
        "the template has no {}, where the item goes: it would do the same for every item");
  }
  parsed.command_ = std::move(command);
  return parsed;
}

std::string MapTemplate::Join(const Parts& parts, const Item& item) const {
  switch (command_.kind) {
    case Command::Kind::kPython:
      return absl::StrJoin(parts, item.python());
    case Command::Kind::kShell:
      return absl::StrJoin(parts, item.words());
    case Command::Kind::kArgv:
      break;
  }
  return absl::StrJoin(parts, item.text());
}

Command MapTemplate::Fill(const Item& item) const {
  Command filled(command_.kind, "", {});
  filled.form = command_.form;
  if (command_.kind != Command::Kind::kArgv) filled.source = Join(source_, item);
  for (const Parts& parts : arguments_) filled.arguments.push_back(Join(parts, item));
  return filled;
}

}  // namespace muster
