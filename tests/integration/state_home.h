// A fresh $XDG_STATE_HOME for one test, gone with it, so that a test sees its own clusters only.
#pragma once

#include <stdlib.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

namespace muster::test {

class StateHome {
 public:
  StateHome() {
    char name[] = "/tmp/muster-state-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path_ = name;
    REQUIRE(::setenv("XDG_STATE_HOME", name, 1) == 0);
  }
  ~StateHome() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  StateHome(const StateHome&) = delete;
  StateHome& operator=(const StateHome&) = delete;

  const std::string& path() const { return path_; }
  // Files and folders below it, but for the database.
  std::size_t Entries() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      const std::string name = entry.path().filename().string();
      if (name == "muster" || name.rfind("clusters.db", 0) == 0) continue;
      UNSCOPED_INFO("left: " << entry.path().string());
      ++count;
    }
    return count;
  }

 private:
  std::string path_;
};

}  // namespace muster::test
