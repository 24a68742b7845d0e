#include "provision/hook_settings.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "provision/hook_catalogue.h"

using Catch::Contains;
using muster::provision::FindHooks;
using muster::provision::HookSettings;
using muster::provision::ParseHookSwitch;
using muster::provision::ReadHookSettings;

namespace {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/muster-test-XXXXXX";
    path_ = ::mkdtemp(name);
    ::setenv("XDG_CONFIG_HOME", (path_ + "/config").c_str(), 1);
    ::setenv("HOME", path_.c_str(), 1);
    for (const char* module : {"a", "b", "c", "utils", "_hidden"}) {
      Write(std::string("slurm_gcp_plugins/") + module + ".py", "");
    }
    Write("slurm_gcp_plugins/package/__init__.py", "");
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  void Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = path_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0600);
  }
  absl::StatusOr<HookSettings> Read() const {
    return ReadHookSettings(path_ + "/cluster.conf", false);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string ErrorOf(const absl::StatusOr<HookSettings>& settings) {
  return std::string(settings.status().message());
}

// The names of those that are switched on: "a b"; what the switch names and is not there counts.
std::string ActiveOf(const HookSettings& settings) {
  std::string active;
  for (const auto& file : FindHooks(settings, "").modules) {
    const auto& names = settings.enabled.names;
    const bool is_on =
        settings.enabled.all || std::find(names.begin(), names.end(), file.name) != names.end();
    if (is_on) active += (active.empty() ? "" : " ") + file.name;
  }
  return active;
}

struct Shape {
  const char* yaml;    // behind enable_slurm_gcp_plugins:
  const char* ini;     // behind enable =; null: it cannot be written there
  const char* active;  // null: an error
  const char* told;    // of the error
};

}  // namespace

TEST_CASE("Each shape of the switch has its set of active hooks, in both files") {
  const auto shape = GENERATE(values<Shape>({
      {"true", "true", "a b c package", ""},
      {"[b, a]", "b, a", "a b", ""},
      {"{a: {x: 1}, c: null}", "{a: {x: 1}, c: }", "a c", ""},
      {"b", "b", "b", ""},
      {"{}", "{}", "", ""},
      {"", "", "", ""},
      {"3", "3", nullptr, "3 switches nothing on; valid here: true (all hooks), false, a list"},
      {"false", "false", "", ""},
      {"null", "null", "", ""},
      {"\"a, c\"", "a c", nullptr, nullptr},
      {"[a, 2]", "[a, 2]", nullptr, "2 is no name of a hook"},
      {"[[a]]", "[[a]]", nullptr, "[\"a\"] is no name of a hook"},
      {"{a: 3}", "{a: 3}", nullptr, "the settings of a are 3, and have to be a mapping"},
      {"{a: true, b: false}", "{a: true, b: false}", "a", ""},
      {"{a", "{a", nullptr, ":"},
  }));
  CAPTURE(shape.yaml);
  const Folder folder;
  folder.Write("cluster.conf", "");
  folder.Write("config.yaml",
               std::string("other: 1\nenable_slurm_gcp_plugins: ") + shape.yaml + "\n");
  const auto yaml = folder.Read();
  const bool differs = shape.active == nullptr && shape.told == nullptr;
  if (differs) {  // a text has names with commas; blanks are no part of a name
    REQUIRE(yaml.ok());
    CHECK(ActiveOf(*yaml) == "a c");
  } else if (shape.active == nullptr) {
    CHECK_THAT(ErrorOf(yaml), Contains("config.yaml:") && Contains(shape.told));
  } else {
    REQUIRE(yaml.status().ToString() == "OK");
    CHECK(ActiveOf(*yaml) == shape.active);
  }
  std::filesystem::remove(folder.path() + "/config.yaml");
  folder.Write("cluster.conf",
               std::string("[hooks]\nenable_slurm_gcp_plugins = ") + shape.ini + "\n");
  const auto ini = folder.Read();
  if (shape.active == nullptr) {
    CHECK_THAT(ErrorOf(ini), Contains("cluster.conf:2: enable_slurm_gcp_plugins: "));
  } else {
    REQUIRE(ini.status().ToString() == "OK");
    CHECK(ActiveOf(*ini) == shape.active);
  }
}

TEST_CASE("The settings of a hook come from both places, and a text is no substring") {
  const Folder folder;
  folder.Write("config.yaml", "enable_hooks: {a: {x: 1, y: old}}\nproject: p\n");
  folder.Write("cluster.conf", "[hook a]\ny = new\n");
  const auto settings = folder.Read();
  REQUIRE(settings.status().ToString() == "OK");
  CHECK(settings->enabled.settings.at("a") == R"({"x":1,"y":"new"})");
  CHECK_THAT(settings->config, Contains("\"project\":\"p\""));
  const auto text = ParseHookSwitch("pack");
  REQUIRE(text.ok());
  CHECK(text->names == std::vector<std::string>{"pack"});
}

TEST_CASE("Hooks are switched on in one place only") {
  const Folder folder;
  folder.Write("config.yaml", "enable_hooks: true\n");
  folder.Write("cluster.conf", "[hooks]\nenable = a\n");
  CHECK_THAT(ErrorOf(folder.Read()), Contains("switched on twice") && Contains("cluster.conf:2"));
}

TEST_CASE("A config.yaml that says nothing of hooks may hold anything") {
  const Folder folder;
  folder.Write("cluster.conf", "");
  folder.Write("config.yaml", "{{ template }}: [\n");
  CHECK(folder.Read().ok());
  folder.Write("cluster.conf", "[hooks]\nenable = a\n");
  CHECK(folder.Read().ok());
  folder.Write("config.yaml", "{{ template }}: [\nenable_hooks: true\n");
  CHECK_THAT(ErrorOf(folder.Read()), Contains("config.yaml:"));
}

TEST_CASE("Aliases of a config.yaml stand for so many values at most") {
  const Folder folder;
  folder.Write("cluster.conf", "");
  std::string text = "enable_hooks: a\nv0: &v0 [x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string below = "*v" + std::to_string(i - 1);
    text += "v" + std::to_string(i) + ": &v" + std::to_string(i) + " [";
    for (int copy = 0; copy < 9; ++copy) text += below + ", ";
    text += below + "]\n";
  }
  folder.Write("config.yaml", text);
  CHECK_THAT(ErrorOf(folder.Read()), Contains("more than 100000 values"));
}

TEST_CASE("Times, sizes and words of [hooks] are checked where they stand") {
  const Folder folder;
  for (const char* line : {"timeout = soon", "timeout = 0", "memory = much", "trace = 7",
                           "timeout = 25h", "path = /there/is/none"}) {
    CAPTURE(line);
    folder.Write("cluster.conf", std::string("[hooks]\n") + line + "\n");
    CHECK_THAT(ErrorOf(folder.Read()), Contains("cluster.conf:2: "));
  }
  for (const char* line : {"timeout = 0", "timeout = soon", "priority = high", "priority = inf"}) {
    CAPTURE(line);
    folder.Write("cluster.conf", std::string("[hook a]\n") + line + "\n");
    CHECK_THAT(ErrorOf(folder.Read()), Contains("cluster.conf:2: "));
  }
}

TEST_CASE("A module that others may write is left out, and says why") {
  const Folder folder;
  folder.Write("cluster.conf", "[hooks]\nenable = true\n");
  const std::string module = folder.path() + "/slurm_gcp_plugins/b.py";
  ::chmod(module.c_str(), 0666);
  const auto settings = folder.Read();
  REQUIRE(settings.ok());
  for (const auto& file : FindHooks(*settings, "").modules) {
    if (file.name == "b") CHECK_THAT(file.problem, Contains("chmod"));
    if (file.name != "b") CHECK(file.problem.empty());
  }
  ::chmod((folder.path() + "/slurm_gcp_plugins").c_str(), 0777);
  const auto found = FindHooks(*settings, "");
  CHECK(found.modules.empty());
  REQUIRE(found.complaints.size() == 1);
  CHECK_THAT(found.complaints.front(), Contains("slurm_gcp_plugins are left out: "));
}
