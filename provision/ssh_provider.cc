#include "provision/ssh_provider.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>

#include "common/mutex.h"
#include "common/quantity.h"
#include "common/status_macros.h"
#include "provision/bundle.h"
#include "provision/daemon_settings.h"
#include "provision/node_pool.h"
#include "provision/ssh_host.h"
#include "provision/ssh_host_list.h"
#include "provision/ssh_notes.h"
#include "provision/ssh_places.h"

namespace muster::provision {
namespace {

using std::chrono::seconds;

// For what a host has to do, beside the connection.
constexpr seconds kForLooking{20};
constexpr seconds kForStarting{40};
constexpr seconds kForSending{300};
constexpr seconds kForStopping{60};
constexpr int kHandshakes = 8;
constexpr seconds kConnect{10};

using Answer = std::vector<std::string>;

// What stands behind a word, in the first line of an answer that begins with it.
std::optional<std::string> Told(const Answer& answer, const std::string& word) {
  for (absl::string_view line : answer) {
    if (line == word) return "";
    if (absl::ConsumePrefix(&line, word + " ")) return std::string(line);
  }
  return std::nullopt;
}

std::string Fact(const Instance& instance, const std::string& name) {
  const auto fact = instance.facts.find(name);
  return fact == instance.facts.end() ? "" : fact->second;
}

// ssh did not even get in: then nothing was begun on the host.
bool WasNeverThere(const absl::Status& status) {
  if (absl::IsPermissionDenied(status) || absl::IsNotFound(status)) return true;
  for (const char* phrase : {"ssh: connect to host", "Could not resolve hostname",
                             "during banner exchange", "kex_exchange_identification"}) {
    if (absl::StrContains(status.message(), phrase)) return true;
  }
  return false;
}

class SshProvider : public CloudProvider {
 public:
  SshProvider(Settings settings, std::vector<SshHost> hosts)
      : settings_(std::move(settings)), hosts_(std::move(hosts)), places_(Names(hosts_)) {}

  ProviderRecord record() const override { return {"ssh", settings_}; }

  absl::StatusOr<Instance> Start(const StartOrder& order) override {
    ASSIGN_OR_RETURN(const Bundle bundle, TheBundle());
    std::set<std::string> without;
    std::string why;
    while (const std::optional<std::string> name = places_.Take(order, without)) {
      absl::StatusOr<Instance> instance =
          StartAt(*HostNamed(*name), order.node, bundle, "start", Setting("folder"));
      if (instance.ok()) return instance;
      places_.Free(order.node.label);
      // A host that is not there is no reason to do without a node while another one is free.
      if (!absl::IsUnavailable(instance.status())) return instance;
      absl::StrAppend(&why, instance.status().message(), "; ");
      without.insert(*name);
    }
    return absl::UnavailableError(
        absl::StrCat(why, why.empty() ? "all" : "no other one of", " ", hosts_.size(), " hosts ",
                     why.empty() ? "have their node" : "is free", "; list more hosts"));
  }

  absl::Status Stop(const Instance& instance) override {
    ASSIGN_OR_RETURN(const SshHost* host, HostOf(instance));
    const absl::StatusOr<Answer> answer = Ask(*host, "stop", instance, kForStopping);
    RETURN_IF_ERROR(answer.status());
    places_.Free(Fact(instance, "label"));
    notes_.Remove(Fact(instance, "label"));
    if (!Told(*answer, "gone")) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat("there is no instance ", instance.id));
  }

  absl::StatusOr<bool> IsRunning(const Instance& instance) override {
    ASSIGN_OR_RETURN(const SshHost* host, HostOf(instance));
    ASSIGN_OR_RETURN(const Answer answer, Ask(*host, "status", instance, kForLooking));
    if (Told(answer, "running")) return true;
    if (Told(answer, "gone")) {
      return absl::NotFoundError(absl::StrCat("there is no instance ", instance.id));
    }
    return absl::AbortedError(absl::StrCat(
        "its clusterd on ", host->name(), " has ended: ", Told(answer, "ended").value_or(""),
        "; its log is ", Fact(instance, "folder"), "/log there"));
  }

  absl::StatusOr<std::vector<std::string>> Addresses(const Instance& instance) override {
    ASSIGN_OR_RETURN(const SshHost* host, HostOf(instance));
    if (Fact(instance, "relay").empty()) return std::vector<std::string>();
    Address address = host->address();
    address.path = absl::StrCat(Fact(instance, "folder"), "/s");
    address.relay = Fact(instance, "relay");
    return std::vector<std::string>{address.ToString()};
  }

  absl::StatusOr<std::string> Pause(const Instance& instance) override {
    ASSIGN_OR_RETURN(const SshHost* host, HostOf(instance));
    RETURN_IF_ERROR(Ask(*host, "pause", instance, kForStopping).status());
    return std::string("ended");
  }

  absl::StatusOr<Instance> Resume(const NodeRecord& node) override {
    ASSIGN_OR_RETURN(const SshHost* host, HostOf(node.instance));
    ASSIGN_OR_RETURN(const Bundle bundle, TheBundle());
    return StartAt(*host, node, bundle, "resume", BaseOf(node.instance));
  }

  absl::StatusOr<std::vector<LabelledInstance>> Find(const std::string& owner,
                                                     const std::string& cluster) override {
    ASSIGN_OR_RETURN(const std::vector<SshNotes::Note> notes, notes_.All(owner, cluster));
    std::vector<const SshHost*> asked;
    for (const SshHost& host : hosts_) {
      const bool is_new = std::none_of(asked.begin(), asked.end(), [&](const SshHost* other) {
        return other->name() == host.name();
      });
      if (is_new) asked.push_back(&host);
    }
    std::vector<absl::StatusOr<Answer>> answers(asked.size());
    ForEachBounded(
        asked.size(), asked.size() < 64 ? asked.size() : 64,
        [&](std::size_t i) {
          answers[i] = asked[i]->Call({"find_instances", Setting("folder")}, kForLooking);
        },
        nullptr);
    std::vector<LabelledInstance> found;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (answers[i].ok()) AddFound(*asked[i], *answers[i], owner, cluster, found);
      for (const SshNotes::Note& note : notes) {
        if (note.host != asked[i]->name()) continue;
        if (!answers[i].ok()) {
          // Of a host that cannot be asked we know what we began there.
          found.push_back({note.label, MakeInstance(*asked[i], note.label)});
        } else if (!cluster.empty() && !Has(found, note.label)) {
          // Who asks for one cluster is the one who changes it: nobody begins anything there now.
          notes_.Remove(note.label);
        }
      }
    }
    return found;
  }

 private:
  static std::vector<std::string> Names(const std::vector<SshHost>& hosts) {
    std::vector<std::string> names;
    names.reserve(hosts.size());
    for (const SshHost& host : hosts) names.push_back(host.name());
    return names;
  }

  std::string Setting(const std::string& name) const {
    const auto setting = settings_.find(name);
    return setting == settings_.end() ? "" : setting->second;
  }

  static bool Has(const std::vector<LabelledInstance>& found, const std::string& label) {
    return std::any_of(found.begin(), found.end(),
                       [&](const LabelledInstance& one) { return one.label == label; });
  }

  const SshHost* HostNamed(const std::string& name) const {
    for (const SshHost& host : hosts_) {
      if (host.name() == name) return &host;
    }
    return nullptr;
  }

  absl::StatusOr<const SshHost*> HostOf(const Instance& instance) const {
    const std::string name = Fact(instance, "host");
    if (const SshHost* host = HostNamed(name)) return host;
    return absl::FailedPreconditionError(
        absl::StrCat("the instance ", instance.id, " is on the host ", name,
                     ", which hosts does not name any more; name it again"));
  }

  // Where it is on its host; empty: where the settings say.
  std::string BaseOf(const Instance& instance) const {
    const std::string folder = Fact(instance, "folder");
    return folder.empty() ? Setting("folder") : folder.substr(0, folder.rfind('/'));
  }

  absl::StatusOr<Answer> Ask(const SshHost& host, const std::string& function,
                             const Instance& instance, seconds longest) const {
    return host.Call({function, BaseOf(instance), RandomOf(Fact(instance, "label"))}, longest);
  }

  static Instance MakeInstance(const SshHost& host, const std::string& label) {
    Instance instance;
    instance.id = absl::StrCat(host.name(), "/i-", RandomOf(label));
    instance.facts = {{"host", host.name()}, {"label", label}};
    return instance;
  }

  absl::StatusOr<Bundle> TheBundle() MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!bundle_) {
      const std::string folder = Setting("bundle");
      absl::StatusOr<Bundle> bundle = folder.empty() ? Bundle::Make() : Bundle::Load(folder);
      RETURN_IF_ERROR(bundle.status());
      bundle_ = *std::move(bundle);
    }
    return *bundle_;
  }

  // `function`: start or resume.
  absl::StatusOr<Instance> StartAt(const SshHost& host, const NodeRecord& node,
                                   const Bundle& bundle, const std::string& function,
                                   const std::string& base) {
    RETURN_IF_ERROR(notes_.Write({host.name(), node.label}));
    std::vector<std::string> words = {function,
                                      base,
                                      RandomOf(node.label),
                                      node.label,
                                      bundle.digest(),
                                      bundle.machine(),
                                      bundle.glibc(),
                                      "0",
                                      node.name,
                                      DaemonSection(settings_)};
    absl::StatusOr<Answer> answer = host.Call(words, kForStarting);
    if (answer.ok() && Told(*answer, "need")) {
      words[7] = absl::StrCat(bundle.BytesToSend());
      answer = host.Call(words, kForSending, &bundle);
    }
    if (!answer.ok()) {
      // The script takes back what it began, unless nobody knows how far it came.
      const bool is_undone =
          absl::IsFailedPrecondition(answer.status()) || WasNeverThere(answer.status());
      if (is_undone && function == "start") notes_.Remove(node.label);
      return answer.status();
    }
    Instance instance = MakeInstance(host, node.label);
    instance.facts["folder"] = Told(*answer, "folder").value_or("");
    instance.facts["relay"] = Told(*answer, "relay").value_or("");
    if (instance.facts["folder"].empty() || instance.facts["relay"].empty()) {
      return absl::InternalError(absl::StrCat(
          host.name(),
          ": the daemon was started, and the host does not say where; is the last line "
          "of what its login shell prints without an end?"));
    }
    ASSIGN_OR_RETURN(instance.addresses, Addresses(instance));
    return instance;
  }

  // "instance FOLDER LABEL", line by line.
  static void AddFound(const SshHost& host, const Answer& answer, const std::string& owner,
                       const std::string& cluster, std::vector<LabelledInstance>& found) {
    for (const std::string& line : answer) {
      const std::size_t end = line.rfind(' ');
      const std::string label = line.substr(end + 1);
      const absl::StatusOr<LabelParts> parts = SplitLabel(label);
      if (!absl::StartsWith(line, "instance ") || !parts.ok() || parts->owner != owner) continue;
      if (!cluster.empty() && parts->cluster != cluster) continue;
      Instance instance = MakeInstance(host, label);
      const std::size_t begin = std::string("instance ").size();
      instance.facts["folder"] = line.substr(begin, end - begin);
      found.push_back({label, std::move(instance)});
    }
  }

  const Settings settings_;
  const std::vector<SshHost> hosts_;
  SshPlaces places_;
  SshNotes notes_;
  Mutex mutex_;
  std::optional<Bundle> bundle_ MUSTER_GUARDED_BY(mutex_);
};

// ~/ is this user's home.
absl::StatusOr<std::string> WholePath(const std::string& name, const std::string& path) {
  const char* home = ::getenv("HOME");
  if (absl::StartsWith(path, "~/") && home != nullptr) return absl::StrCat(home, path.substr(1));
  if (path.empty() || path.front() == '/') return path;
  return absl::InvalidArgumentError(
      absl::StrCat(name, " takes a whole path, from / or ~/ on, and '", path, "' is none"));
}

absl::StatusOr<int> ToHandshakes(const std::string& text) {
  if (text.empty()) return kHandshakes;
  ASSIGN_OR_RETURN(const std::uint64_t count, ParseCount(text));
  if (count >= 1 && count <= 1000) return static_cast<int>(count);
  return absl::InvalidArgumentError("handshakes: from 1 to 1000 ssh at once");
}

absl::StatusOr<seconds> ToConnectTimeout(const std::string& text) {
  if (text.empty()) return kConnect;
  ASSIGN_OR_RETURN(const std::chrono::milliseconds time, ParseDuration(text));
  const seconds connect = std::chrono::ceil<seconds>(time);
  if (connect >= seconds(1) && connect <= seconds(600)) return connect;
  return absl::InvalidArgumentError("connect_timeout: from 1 s to 10 m");
}

}  // namespace

absl::StatusOr<std::shared_ptr<CloudProvider>> MakeSshProvider(const Settings& given) {
  RETURN_IF_ERROR(CheckSettings("the provider ssh", given, SshProviderSettings()));
  Settings settings = given;
  ASSIGN_OR_RETURN(std::vector<Address> addresses, ParseHosts(settings["hosts"]));
  for (const char* name : {"identity", "ssh_config", "bundle"}) {
    if (settings.count(name) == 0) continue;
    ASSIGN_OR_RETURN(settings[name], WholePath(name, settings[name]));
  }
  if (const std::string& folder = settings["folder"];
      !std::all_of(folder.begin(), folder.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || absl::StrContains("/._+@-", c);
      })) {
    return absl::InvalidArgumentError(
        absl::StrCat("folder: '", folder,
                     "' would not fit into an address; it takes letters, digits and / . _ + @ -"));
  }
  ASSIGN_OR_RETURN(const int handshakes, ToHandshakes(settings["handshakes"]));
  ASSIGN_OR_RETURN(const seconds connect, ToConnectTimeout(settings["connect_timeout"]));
  const auto turns = std::make_shared<SshTurns>(handshakes);
  std::vector<SshHost> hosts;
  for (Address& address : addresses) {
    if (address.user.empty()) address.user = settings["user"];
    address.jump = settings["jump"];
    address.keyfile = settings["identity"];
    address.config = settings["ssh_config"];
    // What the settings put in is checked as an address is.
    ASSIGN_OR_RETURN(Address checked, ParseAddress(address.ToString()));
    hosts.emplace_back(std::move(checked), turns, connect);
  }
  for (auto each = settings.begin(); each != settings.end();) {
    each = each->second.empty() ? settings.erase(each) : std::next(each);
  }
  return std::make_shared<SshProvider>(std::move(settings), std::move(hosts));
}

std::vector<std::string> SshProviderSettings() {
  std::vector<std::string> settings = {"hosts",      "user",   "jump",       "identity",
                                       "ssh_config", "folder", "handshakes", "connect_timeout",
                                       "bundle"};
  for (const std::string& name : DaemonSettings()) settings.push_back(name);
  return settings;
}

}  // namespace muster::provision
