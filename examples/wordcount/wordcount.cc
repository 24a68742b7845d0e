#include "wordcount.h"

#include <atomic>
#include <filesystem>
#include <iomanip>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

// Runs on a node. A word is a run of ASCII letters; `rest` is one that the end of a chunk cut.
constexpr char kCount[] = R"(
import collections, string
blanked = bytes(b if chr(b) in string.ascii_letters else 32 for b in range(256))
counts, rest = collections.Counter(), b""
with open(path, "rb") as file:
    while chunk := file.read(1 << 20):
        *words, rest = (rest + chunk).translate(blanked).lower().split(b" ")
        counts.update(words)
counts[rest] += 1
"\n".join(f"{word.decode()} {count}" for word, count in counts.items() if word))";

static muster::Command CountWords(const std::string& file) {
  std::ostringstream source;  // the name may hold any byte: in hex, none can break the source
  source << "path = b'" << std::hex << std::setfill('0');
  for (const unsigned char byte : file) source << "\\x" << std::setw(2) << int{byte};
  source << "'" << kCount;
  return muster::python(source.str(), muster::Command::Form::kStr);
}

int WordCount(muster::ClusterAPI& cluster, const std::vector<std::string>& arguments,
              std::ostream& out, std::ostream& err) {
  using Kind = muster::Outcome::Kind;
  const std::string folder = arguments.empty() ? "/usr/share/common-licenses" : arguments[0];
  std::vector<std::string> files;
  std::error_code error, ignored;
  for (std::filesystem::directory_iterator it(folder, error), end; it != end; it.increment(error)) {
    if (it->is_regular_file(ignored)) files.push_back(it->path());
  }
  if (error) {
    err << "wordcount: cannot read the folder " << folder << ": " << error.message() << "\n";
    return 2;
  }
  std::atomic<std::size_t> next = 0, done = 0;
  std::mutex mutex;  // guards total and err
  std::map<std::string, std::int64_t> total;
  const auto work = [&](int node) {  // takes the next file until there is none
    for (std::size_t i = next++; i < files.size(); i = next++) {
      for (int nodes_left = cluster.getClusterLength(); nodes_left > 0; --nodes_left) {
        const muster::Outcome outcome = cluster.execute(node, CountWords(files[i])).wait();
        const std::lock_guard lock(mutex);
        std::istringstream counted(outcome.value().text());
        std::int64_t count = 0;
        for (std::string word; counted >> word >> count;) total[word] += count;
        done += outcome.ok() ? 1 : 0;
        if (outcome.ok()) break;
        err << outcome.node << ": cannot count " << files[i] << ": " << outcome.describe() << "\n";
        if (outcome.kind != Kind::kUnreachable && outcome.kind != Kind::kLost) break;
        node = node % cluster.getClusterLength() + 1;  // this one is gone: go on with the next
      }
    }
  };
  std::vector<std::thread> workers(2 * cluster.nodes().size());  // while a node counts, one is sent
  for (std::size_t i = 0; i < workers.size(); ++i) workers[i] = std::thread(work, i / 2 + 1);
  for (std::thread& worker : workers) worker.join();
  std::set<std::pair<std::int64_t, std::string>> most;  // by -count, then by word
  for (const auto& [word, count] : total) most.emplace(-count, word);
  for (int shown = 0; const auto& [count, word] : most) {
    if (++shown > 10) break;
    out << std::setw(8) << -count << " " << word << "\n";
  }
  return done == files.size() ? 0 : 1;
}
