#include "server/service/host_facts.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <fstream>

namespace muster::server {
namespace {

// What stands behind "NAME=", without quotes.
std::string ValueOf(absl::string_view line) {
  line.remove_prefix(line.find('=') + 1);
  line = absl::StripAsciiWhitespace(line);
  for (const char* quote : {"\"", "'"}) {
    if (absl::StartsWith(line, quote) && absl::ConsumeSuffix(&line, quote)) line.remove_prefix(1);
  }
  return std::string(line);
}

std::string TextOf(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.sa_family == AF_INET) {
    const auto& inet = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &inet.sin_addr, text, sizeof text);
  } else if (address.sa_family == AF_INET6) {
    const auto& inet = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &inet.sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace

unsigned UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

std::uint64_t MemoryBytes() {
  struct sysinfo info {};
  return ::sysinfo(&info) == 0 ? static_cast<std::uint64_t>(info.totalram) * info.mem_unit : 0;
}

double Load() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

std::string OsName() {
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    std::ifstream file(path);
    std::string id;
    std::string version;
    for (std::string line; std::getline(file, line);) {
      if (absl::StartsWith(line, "ID=")) id = ValueOf(line);
      if (absl::StartsWith(line, "VERSION_ID=")) version = ValueOf(line);
    }
    if (!id.empty()) return absl::StrCat(id, version.empty() ? "" : "-", version);
  }
  return "linux";
}

std::vector<std::string> IpAddresses() {
  std::vector<std::string> addresses;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return addresses;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || (entry->ifa_flags & IFF_UP) == 0) continue;
    std::string text = TextOf(*entry->ifa_addr);
    if (!text.empty() && std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
      addresses.push_back(std::move(text));
    }
  }
  ::freeifaddrs(first);
  return addresses;
}

}  // namespace muster::server
