// hello [WHOM]: a program for clustershell, as a shared object.
//
//   g++ -std=c++20 -shared -fPIC hello.cc -o hello.so $(pkg-config --cflags --libs clusterapi)
//   cp hello.so ~/.local/share/muster/programs
#include <ClusterAPI.h>

namespace {

int Hello(muster::ClusterAPI& cluster, const std::vector<std::string>& arguments, std::ostream& out,
          std::ostream& err) {
  const std::string whom = arguments.empty() ? "world" : arguments.front();
  int exit_code = 0;
  for (const muster::Call& call :
       cluster.execute_all("*", muster::argv({"echo", "hello " + whom}))) {
    muster::Call greeting = call;
    for (const muster::Event& event : greeting) out << greeting.node() << ": " << event.data;
    const muster::Outcome& outcome = greeting.wait();
    if (outcome.ok()) continue;
    err << greeting.node() << ": " << outcome.describe() << "\n";
    exit_code = 1;
  }
  return exit_code;
}

}  // namespace

MUSTER_PROGRAMS({"hello", "hello [WHOM]", "say hello on every node", &Hello,
                 "  hello\n  hello 'all of you'\n"})
