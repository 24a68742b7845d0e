#include "provision/plugin_door.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <chrono>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "provision/node_health.h"
#include "provision/python_host.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr char kDoor[] = "plugins";

json JsonOf(const NodeRecord& node) {
  return {{"name", node.name},
          {"address", ClientAddress(node)},
          {"kind", node.kind},
          {"instance_id", node.instance.id},
          {"image_id", node.image_id},
          {"flavor", node.flavor},
          {"state", NameOf(node.state)},
          {"tags", {{"kind", node.kind}}},
          {"facts", node.instance.facts},
          {"ips", node.instance.addresses}};
}

// In their order; which is the master, Python knows.
json NodesOf(const std::vector<NodeRecord>& nodes) {
  json list = json::array();
  for (const NodeRecord& node : nodes) list.push_back(JsonOf(node));
  return list;
}

json PluginsOf(const PluginPlan& plan) {
  json list = json::array();
  for (const PluginSection& plugin : plan.plugins) {
    list.push_back({{"name", plugin.name},
                    {"setup_class", plugin.setup_class},
                    {"settings", plugin.settings},
                    {"origin", plugin.origin}});
  }
  return list;
}

// A folder for the answer so far, which is gone with this. It is locked; one that is not is of a
// process that was killed, and goes with the next.
class AnswerFolder {
 public:
  AnswerFolder() {
    std::error_code ignored;
    const fs::path parent = fs::temp_directory_path(ignored);
    RemoveOld(parent);
    path_ = (parent / absl::StrCat(kAnswers, "XXXXXX")).string();
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
    if (!path_.empty()) lock_ = Lock(path_);
  }
  ~AnswerFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
    if (lock_ >= 0) ::close(lock_);
  }
  AnswerFolder(const AnswerFolder&) = delete;
  AnswerFolder& operator=(const AnswerFolder&) = delete;

  // Empty: there is none.
  std::string file() const { return path_.empty() ? "" : path_ + "/answer"; }

 private:
  static constexpr char kAnswers[] = "muster-plugins-";
  // Between these a folder is there, and not yet locked.
  static constexpr std::chrono::seconds kFresh{10};

  // -1: another process has it.
  static int Lock(const fs::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || ::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    ::close(fd);
    return -1;
  }

  static void RemoveOld(const fs::path& parent) {
    std::error_code ignored;
    for (fs::directory_iterator one(parent, ignored), end; one != end; one.increment(ignored)) {
      if (!absl::StartsWith(one->path().filename().string(), kAnswers)) continue;
      struct stat info {};
      if (::lstat(one->path().c_str(), &info) != 0 || info.st_uid != ::geteuid()) continue;
      if (::time(nullptr) - info.st_mtime < kFresh.count()) continue;
      const int lock = Lock(one->path());
      if (lock < 0) continue;
      fs::remove_all(one->path(), ignored);
      ::close(lock);
    }
  }

  std::string path_;
  int lock_ = -1;
};

absl::StatusOr<std::string> TextOf(const PluginOrder& order, const std::string& answer_path) {
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, PluginFolders());
  json text = {{"cluster", order.cluster},
               {"id", order.id},
               {"user", order.plan.user.empty() ? OwnerName() : order.plan.user},
               {"user_shell", order.plan.user_shell.empty() ? "bash" : order.plan.user_shell},
               {"nodes", NodesOf(order.nodes)},
               {"plugins", PluginsOf(order.plan)},
               {"paths", paths},
               {"debug", order.debug},
               {"on_failure", order.plan.goes_on ? "continue" : "stop"},
               {"again", order.again},
               {"reload", order.reload},
               {"reason", order.reason},
               {"leaving", order.leaving},
               {"answer_path", answer_path}};
  text["receipt"] = json::parse(order.receipt, nullptr, false);
  if (!text["receipt"].is_object()) text["receipt"] = json::object();
  if (const auto folder = StateFolder(); folder.ok()) text["log_folder"] = *folder + "/logs";
  if (!order.plugin.empty()) {
    text["plugin"] = order.plugin;
    text["hook"] = order.hook.empty() ? "run" : order.hook;
    text["only"] = order.only;
  }
  return text.dump(-1, ' ', false, json::error_handler_t::replace);
}

KnownPlugin KnownOf(const json& told) {
  KnownPlugin plugin;
  plugin.name = told.value("name", "");
  plugin.setup_class = told.value("setup_class", "");
  plugin.file = told.value("file", "");
  plugin.line = told.value("line", 0);
  plugin.hooks = told.value("hooks", std::vector<std::string>());
  plugin.arguments = told.value("arguments", std::vector<std::string>());
  plugin.ok = told.value("ok", false);
  plugin.text = told.value("text", "");
  return plugin;
}

absl::StatusOr<PluginAnswer> AnswerOf(const std::string& text) {
  try {
    const json told = json::parse(text);
    PluginAnswer answer;
    answer.receipt = told.value("receipt", json::object()).dump();
    answer.ok = told.at("ok").get<bool>();
    answer.message = told.value("message", "");
    for (const json& one : told.value("results", json::array())) {
      answer.results.push_back({one.value("plugin", ""), one.value("node", ""),
                                one.value("ok", false), one.value("text", "")});
    }
    for (const json& one : told.value("plugins", json::array())) {
      answer.plugins.push_back(KnownOf(one));
    }
    return answer;
  } catch (const json::exception& error) {
    return absl::InternalError(absl::StrCat("the process for plugins answered '",
                                            text.substr(0, 200), "': ", error.what()));
  }
}

// Nobody is there who would show it otherwise.
void Write(bool is_error, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count =
        ::write(is_error ? STDERR_FILENO : STDOUT_FILENO, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    done += static_cast<std::size_t>(count);
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> PluginFolders() {
  std::vector<std::string> folders;
  const char* const home = ::getenv("HOME");
  const bool has_home = home != nullptr && home[0] == '/';
  const char* const config = ::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && config[0] == '/') {
    folders.push_back(absl::StrCat(config, "/muster/plugins"));
  } else if (has_home) {
    folders.push_back(absl::StrCat(home, "/.config/muster/plugins"));
  }
  // A home that cannot be written to has none, which is no reason to run nothing.
  if (!folders.empty()) MakeFolders(folders.front()).IgnoreError();
  if (has_home) folders.push_back(absl::StrCat(home, "/.starcluster/plugins"));
  std::vector<std::string> there;
  for (const std::string& folder : folders) {
    const auto opened = OpenTrustedFolder(folder, Sharing::kNone);
    if (absl::IsNotFound(opened.status())) continue;
    if (!opened.ok()) {
      return absl::Status(opened.status().code(),
                          absl::StrCat("the folder for plugins: ", opened.status().message()));
    }
    there.push_back(folder);
  }
  return there;
}

absl::StatusOr<PluginAnswer> CallPlugins(const std::string& method, const PluginOrder& order,
                                         const Watch& watch) {
  const AnswerFolder folder;
  ASSIGN_OR_RETURN(const std::string text, TextOf(order, folder.file()));
  ASSIGN_OR_RETURN(const std::shared_ptr<PythonHost> host, PythonHost::Get());
  HostWatch host_watch;
  host_watch.on_output = [&](bool is_error, const std::string& piece) {
    if (watch.on_output) {
      watch.on_output({is_error, piece});
    } else {
      Write(is_error, piece);
    }
  };
  host_watch.interrupts = watch.interrupts;
  host_watch.deadline = order.plan.timeout;
  const absl::StatusOr<std::string> answer = host->CallWatched(kDoor, text, method, host_watch);
  if (answer.ok()) return AnswerOf(*answer);
  if (absl::IsUnavailable(answer.status())) PythonHost::Forget(host);
  std::string why(answer.status().message());
  if (absl::IsCancelled(answer.status())) why = "the plugins were interrupted";
  if (absl::IsDeadlineExceeded(answer.status())) why = "plugin_timeout is over";
  // What ran until then is kept.
  const absl::StatusOr<std::string> kept = ReadFile(folder.file());
  absl::StatusOr<PluginAnswer> so_far = kept.ok() ? AnswerOf(*kept) : kept.status();
  if (so_far.ok() && !so_far->ok) absl::StrAppend(&why, "; ", so_far->message);
  const absl::Status cut_off(answer.status().code(),
                             absl::StrCat(why, "; `cluster setup` goes on with what did not run"));
  if (!so_far.ok()) return cut_off;
  so_far->cut_off = cut_off;
  so_far->ok = false;
  so_far->message = std::string(so_far->cut_off.message());
  return so_far;
}

}  // namespace muster::provision
