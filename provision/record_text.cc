#include "provision/record_text.h"

#include <absl/strings/str_cat.h>

#include <nlohmann/json.hpp>

namespace muster::provision {
namespace {

using nlohmann::ordered_json;

std::string Dump(const ordered_json& object) {
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Instance InstanceOf(const ordered_json& object) {
  return {object.at("id").get<std::string>(), object.value("addresses", std::vector<std::string>()),
          object.value("facts", Settings())};
}

template <typename T>
absl::StatusOr<T> Read(const absl::StatusOr<std::string>& answer, T (*read)(const ordered_json&)) {
  if (!answer.ok()) return answer.status();
  try {
    return read(ordered_json::parse(*answer));
  } catch (const ordered_json::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("a class of Python answered '", *answer, "': ", error.what()));
  }
}

std::vector<std::string> TextsOf(const ordered_json& list) {
  return list.get<std::vector<std::string>>();
}

std::vector<LabelledInstance> LabelledOf(const ordered_json& list) {
  std::vector<LabelledInstance> all;
  for (const ordered_json& one : list) {
    all.push_back({one.at("label").get<std::string>(), InstanceOf(one)});
  }
  return all;
}

ProviderRecord ProviderOf(const ordered_json& object) {
  return {object.value("type", std::string()), object.value("settings", Settings())};
}

}  // namespace

std::string InstanceText(const Instance& instance) {
  return Dump({{"id", instance.id}, {"addresses", instance.addresses}, {"facts", instance.facts}});
}

std::string ProviderText(const ProviderRecord& record) {
  return Dump({{"type", record.type}, {"settings", record.settings}});
}

ProviderRecord ProviderFromText(const std::string& text) {
  return Read(absl::StatusOr<std::string>(text), &ProviderOf).value_or(ProviderRecord());
}

absl::StatusOr<Instance> ToInstance(const absl::StatusOr<std::string>& answer) {
  return Read(answer, &InstanceOf);
}

absl::StatusOr<std::vector<std::string>> ToTexts(const absl::StatusOr<std::string>& answer) {
  return Read(answer, &TextsOf);
}

absl::StatusOr<std::vector<LabelledInstance>> ToLabelled(
    const absl::StatusOr<std::string>& answer) {
  return Read(answer, &LabelledOf);
}

}  // namespace muster::provision
