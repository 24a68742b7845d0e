#include "shell/completion.h"

#include <catch2/catch.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "common/words.h"
#include "shell/command_list.h"

namespace muster::clustershell {
namespace {

using Words = std::vector<std::string>;

Completion At(const std::string& typed) {
  return Complete(typed, {Commands(), {"n1", "n2", "gpu"}, {"wordcount"}, [] {
                            return Words{"web", "gpus"};
                          }});
}

TEST_CASE("the first word completes to a command") {
  CHECK(At("sho").candidates == Words{"show"});
  CHECK(At("sh").start == 0);
  CHECK(At("  ch").candidates == Words{"check"});
  CHECK(At("  ch").start == 2);
  CHECK(At("").candidates.size() == Commands().size() + 1);  // and a program
}

TEST_CASE("a target completes to nodes, behind a comma, too") {
  CHECK(At("@n").candidates == Words{"n1", "n2"});
  CHECK(At("@n").start == 1);
  CHECK(At("@n1,g").candidates == Words{"gpu"});
  CHECK(At("@n1,g").start == 4);
  CHECK(At("py g").candidates == Words{"gpu"});
  CHECK(At("py ").candidates == Words{"gpu", "n1", "n2"});
}

TEST_CASE("a target completes behind any operator, and to groups") {
  CHECK(At("@n*!g").candidates == Words{"gpu"});
  CHECK(At("py n1&n").candidates == Words{"n1", "n2"});
  CHECK(At("@@").candidates == Words{"gpus", "web"});
  CHECK(At("@@w").candidates == Words{"web"});
  CHECK(At("@@w").start == 2);
  CHECK(At("nodes n1,@g").candidates == Words{"gpus"});
}

TEST_CASE("programs and commands complete where they are named") {
  CHECK(At("run w").candidates == Words{"wordcount"});
  CHECK(At("help q").candidates == Words{"quit"});
}

TEST_CASE("behind a target flags complete") {
  CHECK(At("@n1 --ti").candidates == Words{"--timeout"});
  CHECK(At("@n1 --ti").start == 4);
  CHECK(At("@ --se").candidates == Words{"--session"});
  CHECK(At("py * --timeout 5s --m").candidates == Words{"--max-output", "--maxrc", "--mem"});
  CHECK(At("@n1 --timeout=5s --ke").candidates == Words{"--keep"});
  CHECK(At("@n1 --nonsense").candidates.empty());
  CHECK(At("@n1 ls --ti").candidates.empty());
  CHECK(At("check --ti").candidates.empty());
}

Completion WithPaths(const std::string& typed) {
  Vocabulary vocabulary{Commands(), {"n1"}, {"wordcount"}};
  vocabulary.tags = [] { return Words{"env:prod", "env:test"}; };
  vocabulary.paths = [](const std::string& path) { return Words{path + "here", path + "a b/"}; };
  vocabulary.remote_paths = [](const std::string& target, const std::string& path) {
    return Words{path + "of-" + target};
  };
  return Complete(typed, vocabulary);
}

TEST_CASE("paths of this machine complete where files of it are named") {
  const Words both = {"/x/a\\ b/", "/x/here"};
  CHECK(WithPaths("put /x/").candidates == both);
  CHECK(WithPaths("put /x/").start == 4);
  CHECK(WithPaths("@n1 put one /x/").candidates == both);
  CHECK(WithPaths("cd /x/").candidates == both);
  CHECK(WithPaths("run /x/").candidates == both);
  CHECK(WithPaths("run wordcount /x/").candidates == both);
  CHECK(WithPaths("!/x/").candidates == both);
  CHECK(WithPaths("!/x/").start == 1);
  CHECK(WithPaths("!vim /x/").candidates == both);
  CHECK(WithPaths("show > /x/").candidates == both);
  CHECK(WithPaths("show >/x/").start == 6);
  CHECK(WithPaths("show | grep a /x/").candidates == both);
  CHECK(WithPaths("put two\\ words\\ ").candidates ==
        Words{"two\\ words\\ a\\ b/", "two\\ words\\ here"});
  CHECK(WithPaths("put 'in quotes ").candidates.empty());
}

std::string SaidBySh(const std::string& line) {
  std::string said;
  FILE* const sh = ::popen(line.c_str(), "r");
  REQUIRE(sh != nullptr);
  for (int c = std::fgetc(sh); c != EOF; c = std::fgetc(sh)) said += static_cast<char>(c);
  CHECK(::pclose(sh) == 0);
  return said;
}

// What is offered for this path.
Words Offered(const std::string& typed, const std::string& path) {
  Vocabulary vocabulary{Commands(), {"n1"}, {}};
  vocabulary.paths = [path](const std::string& /*typed*/) { return Words{path}; };
  vocabulary.remote_paths = [path](const std::string&, const std::string&) { return Words{path}; };
  return Complete(typed, vocabulary).candidates;
}

TEST_CASE("a name that was completed is one plain word, for sh too") {
  const std::string every = "x ;id&`a`$(b)<c>|*?[d]#e~f!g{h,i}=j\\k'l\"m\xc3\xa9-_./+:@%^";
  for (const std::string typed : {"!ls x", "put x", "show | cat x", "show > x", "@n1 get x"}) {
    INFO(typed);
    const Words offered = Offered(typed, every);
    REQUIRE(offered.size() == 1);
    const auto words = SplitWords(offered.front());
    REQUIRE(words.ok());
    CHECK(*words == Words{every});
    CHECK(SaidBySh("printf %s " + offered.front()) == every);
  }
  CHECK(Offered("!ls y", "y;id") == Words{"y\\;id"});
  CHECK(Offered("!", "~") == Words{"\\~"});
  CHECK(Offered("!ls ~/", "~/a b") == Words{"~/a\\ b"});
  CHECK(Offered("put day=", "day=1/") == Words{"day=1/"});
  CHECK(Offered("!ls y\\;", "y;id") == Words{"y\\;id"});
}

TEST_CASE("what was typed for sh is no part of a path") {
  for (const std::string typed : {"y;", "y\\", "y$", "y`", "y*", "y?", "~y", "y(", "y&", "y<"}) {
    INFO(typed);
    CHECK(Offered("!ls " + typed, typed + "id").empty());
  }
  CHECK(Offered("!echo `cat y", "y`id`").empty());
}

TEST_CASE("what a terminal would act on, or nobody sees, is no candidate") {
  const Words bad = {"a\x1b[2J", "a\nb",      "a\tb",          "a\rb",
                     "a\x7f",    "a\xc2\x9b", "a\xe2\x80\xae", "a\xff"};
  Vocabulary vocabulary{{Commands()}, bad, bad};
  Words names = bad;
  names.emplace_back("a\xc3\xa9");
  vocabulary.groups = vocabulary.tags = vocabulary.clusters = [names] { return names; };
  vocabulary.startable = vocabulary.plugins = vocabulary.groups;
  vocabulary.paths = [names](const std::string&) { return names; };
  vocabulary.remote_paths = [names](const std::string&, const std::string&) { return names; };
  for (const char* typed : {"@@", "@tags=", "@cluster=", "cluster start ", "plugin run ", "put ",
                            "!cat ", "show > ", "@n1 get "}) {
    INFO(typed);
    CHECK(Complete(typed, vocabulary).candidates == Words{"a\xc3\xa9"});
  }
  CHECK(Complete("@a", vocabulary).candidates.empty());
  CHECK(Complete("run a", vocabulary).candidates.empty());
}

TEST_CASE("paths of a node complete behind get") {
  CHECK(WithPaths("@n1 get /x/").candidates == Words{"/x/of-n1"});
  CHECK(WithPaths("get n1 /x/").candidates == Words{"/x/of-n1"});
  CHECK(WithPaths("get /x/").candidates == Words{"/x/of-\\*"});
  CHECK(WithPaths("@ get /x/").candidates == Words{"/x/of-\\*"});
  CHECK(WithPaths("@n1 ge").candidates.empty());
}

TEST_CASE("tags complete behind tags=") {
  CHECK(WithPaths("@tags=").candidates == Words{"env:prod", "env:test"});
  CHECK(WithPaths("show n1,tags=env:p").candidates == Words{"env:prod"});
  CHECK(WithPaths("show n1,tags=env:p").start == 13);
}

TEST_CASE("nothing completes where nothing is known") {
  CHECK(At("@n1 l").candidates.empty());
  CHECK(At("@n1 ").candidates.empty());
  CHECK(At("@ n").candidates.empty());
  CHECK(At("py n1 n").candidates.empty());
  CHECK(At("check n1 n").candidates.empty());
  CHECK(At("@@x").candidates.empty());
  CHECK(At("nonsense n").candidates.empty());
}

TEST_CASE("the common prefix is what all begin with") {
  CHECK(CommonPrefix({"node1", "node2", "no"}) == "no");
  CHECK(CommonPrefix({"a"}) == "a");
  CHECK(CommonPrefix({"a", "b"}).empty());
  CHECK(CommonPrefix({}).empty());
  CHECK(CommonPrefix({"a\xc3\xa4", "a\xc3\xb6"}) == "a");  // a with umlaut, o with umlaut
  CHECK(CommonPrefix({"a\\;b", "a\\ b"}) == "a");
  CHECK(CommonPrefix({"a\\\\b", "a\\\\c"}) == "a\\\\");
}

TEST_CASE("cluster completes to its commands, then to what can be started") {
  Vocabulary vocabulary{Commands(), {}, {}};
  vocabulary.startable = [] { return Words{"base1", "big"}; };
  CHECK(Complete("cluster sta", vocabulary).candidates == Words{"start", "status"});
  CHECK(Complete("cluster start b", vocabulary).candidates == Words{"base1", "big"});
  CHECK(Complete("cluster start b", vocabulary).start == 14);
  CHECK(Complete("cluster start base1 b", vocabulary).candidates.empty());
}

TEST_CASE("plugin and hooks complete to what they do, and to the plugins there are") {
  Vocabulary vocabulary{Commands(), {}, {}};
  vocabulary.plugins = [] { return Words{"motd", "mount", "users"}; };
  CHECK(Complete("plugin ", vocabulary).candidates == Words{"check", "list", "run"});
  CHECK(Complete("plugin run mo", vocabulary).candidates == Words{"motd", "mount"});
  CHECK(Complete("plugin run mo", vocabulary).start == 11);
  CHECK(Complete("plugin check mo", vocabulary).candidates.empty());
  CHECK(Complete("hooks ", vocabulary).candidates == Words{"check", "list"});
  CHECK(Complete("hooks list ", vocabulary).candidates.empty());
}

TEST_CASE("a word that begins with - completes to the flags of its command") {
  CHECK(At("show -").candidates == Words{"--output", "--watch", "-v", "-vv"});
  CHECK(At("show n1 --w").candidates == Words{"--watch"});
  CHECK(At("show n1 --w").start == 8);
  CHECK(At("cluster start --n").candidates == Words{"--name", "--no-setup", "--nodes"});
  CHECK(At("cluster list --").candidates == Words{"--output"});
  CHECK(At("plugin run motd --h").candidates == Words{"--hook"});
  CHECK(At("put --").candidates == Words{"--cwd", "--dry-run", "--grace", "--output", "--timeout"});
  CHECK(At("@n1,n2 get --t").candidates == Words{"--timeout"});
  CHECK(At("get -- --t").candidates.empty());
  CHECK(At("@n1 echo --t").candidates.empty());
  CHECK(At("stop n1 --y").candidates == Words{"--yes"});
  CHECK(At("fold --r").candidates == Words{"--regroup"});
  CHECK(At("hooks list -").candidates.empty());
}

TEST_CASE("every flag of a command stands in its help") {
  for (const ShellCommand* command : Commands()) {
    const std::string name = command->name;
    // Those two have the flags of `@`, which `help @` lists.
    if (command->flags == nullptr || name == "fold" || name == "diff") continue;
    const std::string help = std::string(command->usage) + command->help;
    for (const std::string& flag : command->flags()) {
      INFO(name << " " << flag);
      const std::string letter = flag.substr(1, 2);  // "-y"
      const bool is_there = help.find(flag) != std::string::npos ||
                            help.find(" " + letter) != std::string::npos ||
                            help.find("[" + letter) != std::string::npos;
      CHECK(is_there);
    }
  }
}

}  // namespace
}  // namespace muster::clustershell
