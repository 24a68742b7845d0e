// The environment that a job begins with: not the daemon's, which may hold secrets or point
// libraries elsewhere, but the few variables of it that a job may need. Single-threaded.
#pragma once

#include <string>
#include <vector>

#include "common/account.h"

namespace muster::server {

// Of the environment of this process keeps PATH, HOME, USER, LOGNAME, SHELL, LANG, LANGUAGE, LC_*,
// TZ, TERM, TMPDIR, XDG_RUNTIME_DIR, and those named in `passed` ("CUDA_HOME", or "SLURM_*").
void KeepJobVariables(const std::vector<std::string>& passed);

// What login(1) would set for this user, in the place of those variables that belong to somebody
// else: after KeepJobVariables.
void SetUserVariables(const Account& account);

}  // namespace muster::server
