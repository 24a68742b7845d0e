// Names of files and folders, and patterns of them. Pure functions, but for Expand and ExpandAll.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::files {

// One component of a path that names something in its directory, and nothing else: not empty, not
// "." or "..", without slash and NUL, 255 bytes at most.
bool IsPlainName(std::string_view name);

// Without the slashes at its end; "/" stays.
std::string_view WithoutSlashes(std::string_view path);
// The last component; of "/" it is empty.
std::string_view BaseName(std::string_view path);
// What stands before it: "." when nothing does.
std::string FolderOf(std::string_view path);

// It holds *, ? or [.
bool IsPattern(std::string_view path);
// Whether this name may come of that path or pattern.
bool MayComeOf(const std::string& name, const std::string& path);

// The paths that exist and are meant, in the order of the alphabet: itself, when it exists as it
// stands; else, as a pattern of a shell, all that match it. Empty: there is none.
std::vector<std::string> Expand(const std::string& path);
// Of several, each path once; those that mean nothing are put into `missing`.
std::vector<std::string> ExpandAll(const std::vector<std::string>& paths,
                                   std::vector<std::string>& missing);

// What a file is called in its directory while it comes: ".muster-" and 16 digits of its name's
// checksum, ".part".
std::string StagingName(std::string_view name);
bool IsStagingName(std::string_view name);

}  // namespace muster::files
