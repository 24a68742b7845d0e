// Parts of records as JSON texts, for what is called with texts: classes of Python. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "provision/cloud_provider.h"
#include "provision/record.h"

namespace muster::provision {

// {"id": …, "addresses": […], "facts": {…}}
std::string InstanceText(const Instance& instance);
// {"type": …, "settings": {…}}
std::string ProviderText(const ProviderRecord& record);
// An empty record: it is none.
ProviderRecord ProviderFromText(const std::string& text);

// Answers of such a class; its error stays one. InvalidArgument: the answer is something else.
absl::StatusOr<Instance> ToInstance(const absl::StatusOr<std::string>& answer);
absl::StatusOr<std::vector<std::string>> ToTexts(const absl::StatusOr<std::string>& answer);
// [{"label": …, "id": …, "addresses": …, "facts": …}, …]
absl::StatusOr<std::vector<LabelledInstance>> ToLabelled(const absl::StatusOr<std::string>& answer);

}  // namespace muster::provision
