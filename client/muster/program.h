// A program that clustershell runs by its name, in a shared object of its own: the file lies in a
// folder of programs (docs/programs.md). Part of ClusterAPI.h.
//
//   int Hello(muster::ClusterAPI& cluster, const std::vector<std::string>& arguments,
//             std::ostream& out, std::ostream& err);
//   MUSTER_PROGRAMS({"hello", "hello [WHOM]", "says hello on every node", &Hello})
//
//   g++ -std=c++20 -shared -fPIC hello.cc -o hello.so $(pkg-config --cflags --libs clusterapi)
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "export.h"

namespace muster {

class ClusterAPI;

struct Program {
  const char* name;     // one word
  const char* usage;    // "hello [WHOM]"
  const char* summary;  // one line, no full stop
  // Gets the shell's cluster and the words behind the name; returns the exit code. It runs in a
  // process of its own, so it may be stopped at any point, and may crash. What it throws is told.
  int (*run)(ClusterAPI& cluster, const std::vector<std::string>& arguments, std::ostream& out,
             std::ostream& err);
  const char* help = "";  // examples first, each line ended by a newline
};

// What the entry point gives. Only its end may grow, with `version`.
struct ProgramTable {
  int version;               // of this structure: 1
  std::size_t program_size;  // sizeof(Program), as the shared object knows it
  const Program* programs;
  std::size_t count;
};

}  // namespace muster

// Stands once in the shared object, and lists its programs. The one symbol that is looked for.
#define MUSTER_PROGRAMS(...)                                                                   \
  extern "C" MUSTER_EXPORT const muster::ProgramTable* muster_programs_v1() {                  \
    static constexpr muster::Program programs[] = {__VA_ARGS__};                               \
    static constexpr muster::ProgramTable table = {1, sizeof(muster::Program), programs,       \
                                                   sizeof programs / sizeof(muster::Program)}; \
    return &table;                                                                             \
  }
