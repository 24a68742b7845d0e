// PythonSection: what a [provider NAME] or [setup NAME] of type python says: class, path of its
// file, arguments. What can be told without running it is checked. Reads the file of the class;
// thread-safe.
#pragma once

#include <absl/status/status.h>

#include "common/config_file.h"
#include "provision/record.h"

namespace muster::provision {

// Puts the arguments of `record`, which has the keys of the section, into the one form that
// records have: [[positional, ...], {keyword: value}]. InvalidArgument: "FILE:LINE: [provider
// NAME]: what is wrong": the class is not written as module:Class, its file is not there or has no
// such class, or the arguments are no JSON.
absl::Status CheckPythonSection(const ConfigFile& file, const ConfigFile::Section& section,
                                ProviderRecord& record);

}  // namespace muster::provision
