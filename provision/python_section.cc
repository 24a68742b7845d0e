#include "provision/python_section.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "common/nearest.h"
#include "common/status_macros.h"

namespace muster::provision {
namespace {

using nlohmann::json;

class Checked {
 public:
  Checked(const ConfigFile& file, const ConfigFile::Section& section, ProviderRecord& record)
      : file_(file), section_(section), record_(record) {}

  absl::Status Check() {
    if (record_.settings.count("class") == 0) {
      return file_.ErrorAt(section_.line, absl::StrCat("[", section_.kind, " ", section_.name,
                                                       "] of type python needs class = "
                                                       "module:Class"));
    }
    RETURN_IF_ERROR(CheckClass());
    return ReadArguments();
  }

 private:
  absl::Status ErrorAt(const std::string& key, const std::string& what) const {
    return file_.ErrorAt(section_.entries.at(key).line,
                         absl::StrCat("[", section_.kind, " ", section_.name, "]: ", what));
  }

  absl::Status CheckClass() const {
    static const auto* const form = new std::regex(R"(\w+(\.\w+)*:\w+(\.\w+)*)");
    const std::string& name = record_.settings.at("class");
    if (!std::regex_match(name, *form)) {
      return ErrorAt("class",
                     absl::StrCat("\"", name, "\" is no class = module:Class, as rack:Rack"));
    }
    const auto path = record_.settings.find("path");
    if (path == record_.settings.end()) return absl::OkStatus();  // Python looks for the module
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path->second, ignored)) {
      return ErrorAt("path", absl::StrCat("there is no file ", path->second, ", where the class ",
                                          name, " would be"));
    }
    return CheckFile(path->second, name.substr(name.find(':') + 1));
  }

  // A name that stands nowhere in the file is none of its classes, unless another module has it.
  absl::Status CheckFile(const std::string& path, const std::string& words) const {
    std::ifstream stream(path);
    if (!stream) {
      return ErrorAt("path",
                     absl::StrCat(path, " cannot be read, where the class ", words, " would be"));
    }
    const std::string text((std::istreambuf_iterator<char>(stream)),
                           std::istreambuf_iterator<char>());
    const std::string name = words.substr(0, words.find('.'));
    if (std::regex_search(text, std::regex(absl::StrCat("\\b", name, "\\b"))) ||
        absl::StrContains(text, "import *")) {
      return absl::OkStatus();
    }
    static const auto* const head = new std::regex(R"((?:^|\n)class (\w+))");
    std::vector<std::string> there;
    for (std::sregex_iterator it(text.begin(), text.end(), *head), end; it != end; ++it) {
      there.push_back((*it)[1]);
    }
    return ErrorAt("class", absl::StrCat("there is no class ", name, " in ", path,
                                         there.empty() ? "" : "; there is: ",
                                         absl::StrJoin(there, ", "), DidYouMean(name, there)));
  }

  absl::Status ReadArguments() {
    const auto given = record_.settings.find("arguments");
    if (given == record_.settings.end()) {
      record_.settings["arguments"] = "[[], {}]";
      return absl::OkStatus();
    }
    const json read = json::parse(given->second, nullptr, false);
    if (read.is_array() && read.size() == 2 && read[0].is_array() && read[1].is_object()) {
      return absl::OkStatus();  // both at once
    }
    if (read.is_array()) {
      given->second = json::array({read, json::object()}).dump();
    } else if (read.is_object()) {
      given->second = json::array({json::array(), read}).dump();
    } else {
      return ErrorAt("arguments",
                     absl::StrCat("arguments of ", record_.settings.at("class"),
                                  " are JSON, as "
                                  "[\"machines\", 2] or {\"folder\": \"machines\"}; this is not: ",
                                  given->second));
    }
    return absl::OkStatus();
  }

  const ConfigFile& file_;
  const ConfigFile::Section& section_;
  ProviderRecord& record_;
};

}  // namespace

absl::Status CheckPythonSection(const ConfigFile& file, const ConfigFile::Section& section,
                                ProviderRecord& record) {
  return Checked(file, section, record).Check();
}

}  // namespace muster::provision
