// What programs see of the library. Part of ClusterAPI.h.
#pragma once

#define MUSTER_EXPORT [[gnu::visibility("default")]]
