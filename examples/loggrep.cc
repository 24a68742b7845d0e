// loggrep [--local N] COUNT PATTERN FILE: follows a log on all nodes at once and prints the lines
// that match as they come, with their node in front. After COUNT lines all nodes are stopped. FILE
// is a word for the node's shell, so that '/var/log/$MUSTER_NODE.log' or '~/*.log' mean what they
// say there.
#include <ClusterAPI.h>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

int main(int argc, char** argv) {
  const bool local = argc > 2 && std::string(argv[1]) == "--local";
  auto cluster =
      local ? muster::ClusterAPI::local(std::atoi(argv[2])) : muster::ClusterAPI::connect();
  if (!cluster.ok()) return std::cerr << "loggrep: " << cluster.status().message() << "\n", 4;
  char** const arguments = argv + (local ? 3 : 1);
  if (argv + argc - arguments != 3 || std::atoi(arguments[0]) < 1) {
    return std::cerr << "usage: loggrep [--local N] COUNT PATTERN FILE\n", 2;
  }
  const int wanted = std::atoi(arguments[0]);

  muster::ExecuteOptions options;
  options.environment["PATTERN"] = arguments[1];  // in a variable it needs no quotes
  const std::string file = arguments[2];
  muster::CallGroup group(cluster->execute_all(
      "*", muster::shell("tail -q -n +1 -F " + file + " | grep --line-buffered -e \"$PATTERN\""),
      options));

  std::mutex mutex;  // guards the output, shown and reading
  std::condition_variable changed;
  int shown = 0;
  std::size_t reading = group.size();
  const auto read = [&](muster::Call call) {
    std::string out, errors;  // output is cut anywhere: what has no line end yet
    while (const std::optional<muster::Event> event = call.next()) {
      const bool is_error = event->stream == muster::Event::Stream::kStderr;
      std::string& text = is_error ? errors : out;
      text += event->data;
      const std::lock_guard lock(mutex);
      for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
        if (!is_error && shown == wanted) return;
        (is_error ? std::cerr : std::cout)
            << call.node() << ": " << text.substr(0, end) << std::endl;
        if (!is_error && ++shown == wanted) changed.notify_all();
      }
    }
    const std::lock_guard lock(mutex);
    if (--reading == 0) changed.notify_all();
  };
  std::vector<std::jthread> readers;  // one for each node
  for (const muster::Call& call : group.calls()) readers.emplace_back(read, call);
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return shown == wanted || reading == 0; });
  }
  const bool stopped = group.cancel(std::chrono::seconds(1));  // returns when every node said so
  readers.clear();                                             // they end with their calls
  std::cerr << group.summary().text() << "\n";
  return stopped && shown == wanted ? 0 : 1;
}
