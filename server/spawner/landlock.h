// Landlock (landlock(7)): the kernel's way for a process to give up folders. Single-threaded
// callers.
#pragma once

#include <string>
#include <vector>

namespace muster::server {

// The kernel has it (5.13 and later) and it is switched on.
bool HasLandlock();

// From now on, this process and all that it starts can neither read nor write nor list what is in
// these folders, which are absolute. Landlock can only name what is allowed: that is everything
// beside the folders and beside each folder above them, as it is there at this moment. Folders that
// do not exist are passed over. Needs no_new_privs. False with errno: nothing changed.
bool HideFolders(const std::vector<std::string>& folders);

}  // namespace muster::server
