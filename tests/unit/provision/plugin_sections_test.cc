#include "provision/plugin_sections.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "provision/cluster_template.h"

using Catch::Contains;
using muster::ConfigFile;
using muster::provision::ClusterTemplate;
using muster::provision::PluginPlan;
using muster::provision::PluginSection;
using muster::provision::ReadPluginPlan;
using muster::provision::ReadPluginSections;
using muster::provision::ReadTemplates;

namespace {

// A file that goes.
class File {
 public:
  explicit File(const std::string& text) {
    char name[] = "/tmp/muster-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::ofstream(path()) << text;
  }
  ~File() { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/cluster.conf"; }
  absl::StatusOr<ConfigFile> Load() const { return ConfigFile::Load(path()); }

 private:
  std::string folder_;
};

std::string ErrorOf(const std::string& text) {
  const File file(text);
  const auto read = file.Load();
  if (!read.ok()) return std::string(read.status().message());
  return std::string(ReadTemplates(*read).status().message());
}

}  // namespace

TEST_CASE("a plugin has a class, and all other keys are texts as they are written") {
  const File file(
      "[plugin p1]\nSetup_Class = tests.One\nMyArg = 23\nmyarg = skidoo\n"
      "packages = a,\n  b,  # with a comment\n  c\ncolour = #fff\nempty =\n"
      "[plugin p2]\nsetup_class = two.Two ; a comment\n");
  const auto read = file.Load();
  INFO(read.status());
  REQUIRE(read.ok());
  const auto plugins = ReadPluginSections(*read);
  INFO(plugins.status());
  REQUIRE(plugins.ok());
  REQUIRE(plugins->size() == 2);
  const PluginSection& first = plugins->front();
  CHECK(first.name == "p1");
  CHECK(first.setup_class == "tests.One");
  CHECK(first.origin == file.path() + ":1");
  CHECK(first.settings == std::map<std::string, std::string>{{"MyArg", "23"},
                                                             {"myarg", "skidoo"},
                                                             {"packages", "a,\nb,\nc"},
                                                             {"colour", "#fff"},
                                                             {"empty", ""}});
  CHECK(plugins->back().setup_class == "two.Two");
  CHECK(plugins->back().settings.empty());
}

TEST_CASE("a cluster has plugins in its own order, or that of the template that it extends") {
  const File file(
      "[plugin p1]\nsetup_class = m.A\n[plugin p2]\nsetup_class = m.B\n"
      "[plugin p3]\nsetup_class = m.C\n"
      "[cluster a]\nnodes.x = 1\nplugins = p3, p1,\n  p2\ncluster_user = sgeadmin\n"
      "cluster_shell = tcsh\nplugin_timeout = 2m\non_plugin_failure = continue\n"
      "[cluster b]\nextends = a\n[cluster c]\nextends = a\nplugins = p2\n"
      "[cluster d]\nnodes.x = 1\n"
      "[cluster lab]\nnodes = n1=unix:/1\nplugins = p1\n");
  const auto read = file.Load();
  INFO(read.status());
  REQUIRE(read.ok());
  const auto templates = ReadTemplates(*read);
  INFO(templates.status());
  REQUIRE(templates.ok());
  REQUIRE(templates->size() == 4);
  const auto names = [](const PluginPlan& plan) {
    std::string text;
    for (const PluginSection& plugin : plan.plugins) text += plugin.name + " ";
    return text;
  };
  const PluginPlan& first = (*templates)[0].plugins;
  CHECK(names(first) == "p3 p1 p2 ");
  CHECK(first.user == "sgeadmin");
  CHECK(first.user_shell == "tcsh");
  CHECK(first.timeout == std::chrono::minutes(2));
  CHECK(first.goes_on);
  CHECK(names((*templates)[1].plugins) == "p3 p1 p2 ");
  CHECK((*templates)[1].plugins.user == "sgeadmin");
  CHECK(names((*templates)[2].plugins) == "p2 ");
  const PluginPlan& none = (*templates)[3].plugins;
  CHECK(none.plugins.empty());
  CHECK(none.timeout.count() == 0);
  CHECK_FALSE(none.goes_on);
  const auto listed = ReadPluginPlan(*read, read->FindSection("cluster", "lab")->entries);
  REQUIRE(listed.ok());
  CHECK(names(*listed) == "p1 ");
}

TEST_CASE("mistakes about plugins are told with file, line and the nearest") {
  const std::string known = "[plugin ipython]\nsetup_class = m.A\n";
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {known + "[cluster a]\nnodes.x = 1\nplugins = ipython, iphyton\n",
       ":5: plugin 'iphyton' not defined in config; there are: ipython; did you mean ipython?"},
      {"[cluster a]\nnodes.x = 1\nplugins = p233\n",
       ":3: plugin 'p233' not defined in config; there is no [plugin NAME] in it"},
      {known + "[cluster a]\nnodes.x = 1\nplugins = ipython, ipython\n",
       ":5: plugin 'ipython' is named twice"},
      {"[plugin p]\nsetup_clas = m.A\n",
       ":1: [plugin p] has no setup_class; it has setup_clas; write setup_class = module.Class"},
      {"[plugin p]\nsetup_class =\n", ":1: [plugin p] has no setup_class"},
      {"[plugin p]\nsetup_class = m.A\nsetup_class = m.B\n",
       ":3: \"setup_class\" stands in line 2 already"},
      {"[plugin]\nsetup_class = m.A\n", ":1: no section [plugin] is known; valid here: "},
      {"[cluster a]\nnodes.x = 1\non_plugin_failure = go\n",
       ":3: \"go\" is no on_plugin_failure; valid here: stop, continue"},
      {"[cluster a]\nnodes.x = 1\nplugin_timeout = soon\n", ":3: "},
  };
  for (const auto& [text, words] : mistakes) {
    INFO(text);
    CHECK_THAT(ErrorOf(text), Contains(words));
  }
}
