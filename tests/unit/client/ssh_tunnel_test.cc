#include "client/ssh_tunnel.h"

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <future>

#include "common/address.h"
#include "common/last_words.h"

using muster::ParseAddress;
using muster::SshTunnel;

namespace {

std::vector<std::string> CommandLine(const std::string& address) {
  return SshTunnel::CommandLine(*ParseAddress(address));
}

std::string WordsOf(const std::string& ssh, bool at_once) {
  ::setenv("MUSTER_SSH", ssh.c_str(), 1);
  muster::UniqueFd socket;
  auto tunnel = SshTunnel::Start(*ParseAddress("ssh:host"), &socket);
  ::unsetenv("MUSTER_SSH");
  if (!tunnel.ok()) return std::string(tunnel.status().message());
  std::promise<std::string> words;
  SshTunnel::Explain(*std::move(tunnel), at_once,
                     [&words](const std::string& text) { words.set_value(text); });
  return words.get_future().get();
}

}  // namespace

TEST_CASE("ssh is told to ask nothing, and gets the path as one word of the remote shell") {
  ::unsetenv("MUSTER_SSH");
  CHECK(CommandLine("ssh:ann@host:22/a 'b'.sock") ==
        std::vector<std::string>{"ssh", "-T", "-o", "BatchMode=yes", "-o", "ControlMaster=no", "-p",
                                 "22", "--", "ann@host", "clusterd --relay '/a '\\''b'\\''.sock'"});
  ::setenv("MUSTER_SSH", "/opt/ssh  -F /etc/config", 1);
  const std::vector<std::string> line = CommandLine("ssh:[::1]");
  ::unsetenv("MUSTER_SSH");
  CHECK(std::vector<std::string>(line.begin(), line.begin() + 4) ==
        std::vector<std::string>{"/opt/ssh", "-F", "/etc/config", "-T"});
  CHECK(std::vector<std::string>(line.end() - 3, line.end()) ==
        std::vector<std::string>{"--", "::1", "clusterd --relay"});
}

TEST_CASE("an address may name the relay, the key, the way and the configuration") {
  ::unsetenv("MUSTER_SSH");
  CHECK(CommandLine("ssh:host/s?relay=/b/clusterd&keyfile=/k&jump=ann@a:23%2Cb&config=/c%20d") ==
        std::vector<std::string>{"ssh", "-F", "/c d", "-T", "-o", "BatchMode=yes", "-o",
                                 "ControlMaster=no", "-J", "ann@a:23,b", "-o", "IdentitiesOnly=yes",
                                 "-i", "/k", "--", "host", "'/b/clusterd' --relay '/s'"});
}

TEST_CASE("why a tunnel ended is told in the words of ssh") {
  CHECK(WordsOf("/bin/ls --no-such-option", false) ==
        "ssh exited with code 2: /bin/ls: unrecognized option '--no-such-option'; Try '/bin/ls "
        "--help' for more information.");
  CHECK(WordsOf("/usr/bin/perl -esleep(100) --", true) == "ssh was still trying");
  CHECK(WordsOf("/nowhere/ssh", false) ==
        "cannot start /nowhere/ssh: No such file or directory; install OpenSSH's client, or name "
        "it in MUSTER_SSH");
}

TEST_CASE("last words cannot act on a terminal") {
  const muster::LastWords words;
  const std::string said =
      "warning\x1b[2J\r\nhost\x9b"
      "31m \u202ekey\n";
  REQUIRE(::write(words.fd(), said.data(), said.size()) == static_cast<ssize_t>(said.size()));
  CHECK(words.Tail() == "warning\\x1b[2J; host\\x9b31m \\u202ekey");
}

TEST_CASE("last words are the last lines that say something") {
  const muster::LastWords words;
  for (const char* text : {"@@@@@@\r\n", "1\n2\n3\n", "\n4\r\n", "5\n6\n", "7"}) {
    REQUIRE(::write(words.fd(), text, std::string(text).size()) > 0);
  }
  CHECK(words.Tail() == "2; 3; 4; 5; 6; 7");
}
