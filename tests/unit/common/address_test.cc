#include "common/address.h"

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using muster::Address;
using muster::IsValidName;
using muster::ParseAddress;

namespace {

std::string ErrorOf(absl::string_view text) {
  return std::string(ParseAddress(text).status().message());
}

}  // namespace

TEST_CASE("an address keeps its text through parsing and printing") {
  for (const char* text : {"unix:/run/muster/clusterd.sock", "unix:/a folder/s.sock", "ssh:host2",
                           "ssh:ann@host2", "ssh:host2:2222", "ssh:host2/run/a.sock",
                           "ssh:ann@host2:2222/run/a.sock", "ssh:[2001:db8::1]",
                           "ssh:ann@[2001:db8::1]:22/run/a.sock", "ssh:host2?jump=ann@gate:23%2cb",
                           "ssh:host2/run/a.sock?relay=/opt/m%20x/clusterd&keyfile=/k%25"}) {
    const auto address = ParseAddress(text);
    INFO(text << ": " << address.status());
    REQUIRE(address.ok());
    CHECK(address->ToString() == text);
  }
}

TEST_CASE("the parts of an ssh address are told apart") {
  const auto address = ParseAddress(" ssh:ann@[::1]:2222/run/a.sock ");
  REQUIRE(address.ok());
  CHECK(address->kind == Address::Kind::kSsh);
  CHECK(address->user == "ann");
  CHECK(address->host == "::1");
  CHECK(address->port == 2222);
  CHECK(address->path == "/run/a.sock");
}

TEST_CASE("the options of an ssh address are told apart, and decoded") {
  const auto address = ParseAddress("ssh:h/s?relay=/b/clusterd&keyfile=/k%3f&jump=a%2Cb&config=/c");
  REQUIRE(address.ok());
  CHECK(address->path == "/s");
  CHECK(address->relay == "/b/clusterd");
  CHECK(address->keyfile == "/k?");
  CHECK(address->jump == "a,b");
  CHECK(address->config == "/c");
}

TEST_CASE("a bad address is refused with what is wrong and the forms that are valid") {
  using Catch::Contains;
  for (const char* text : {"",
                           "unix:",
                           "unix:relative",
                           "unix:/",
                           "/run/a.sock",
                           "ssh:",
                           "ssh:@h",
                           "ssh:-oProxyCommand=x",
                           "ssh:-l@host",
                           "ssh:h:0",
                           "ssh:h:65536",
                           "ssh:h:22x",
                           "ssh:[::1",
                           "ssh:[::1]x",
                           "ssh:::1",
                           "ssh:a b",
                           "ssh:h/",
                           "host",
                           "http:x",
                           "ssh:a@b@c",
                           "ssh:h?",
                           "ssh:h?realy=/b",
                           "ssh:h?relay=b",
                           "ssh:h?jump=-oProxyCommand%3dx",
                           "ssh:h?jump=a,",
                           "ssh:h?relay=/b%2",
                           "ssh:h?relay=/b%00",
                           "ssh:h?relay=/b%zz"}) {
    INFO(text);
    CHECK_THAT(ErrorOf(text), Contains("unix:/path, or ssh:[user@]host[:port][/socket/path]"));
  }
  CHECK_THAT(ErrorOf("host2:7000"), Contains("ssh:host2"));
  CHECK_THAT(ErrorOf("127.0.0.1:7000"), Contains("ssh:127.0.0.1"));
  CHECK_THAT(ErrorOf("ssh:-oProxyCommand=x"), Contains("begins with \"-\""));
}

TEST_CASE("a socket path holds 107 bytes and not one more") {
  const std::string longest = "/" + std::string(106, 'x');
  CHECK(ParseAddress("unix:" + longest).ok());
  CHECK_THAT(ErrorOf("unix:" + longest + "x"), Catch::Contains("at most 107"));
}

TEST_CASE("a name is a letter followed by letters, digits, '_', '.' and '-'") {
  for (const char* name : {"n", "n1", "gpu-01.lab", "A_b"}) CHECK(IsValidName(name));
  for (const char* name : {"", "1n", "-n", "n 1", "n,1", "n=1", "\xc3\xa9"}) {
    CHECK_FALSE(IsValidName(name));
  }
  CHECK(IsValidName(std::string(64, 'n')));
  CHECK_FALSE(IsValidName(std::string(65, 'n')));
}

TEST_CASE("the default socket is in XDG_RUNTIME_DIR when that is the user's own folder") {
  char folder[] = "/tmp/muster-test-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  ::setenv("XDG_RUNTIME_DIR", folder, 1);
  CHECK(muster::DefaultSocketPath() == std::string(folder) + "/muster/clusterd.sock");
  CHECK(muster::DefaultSocketCandidates().size() == 2);
  ::rmdir(folder);
  const std::string elsewhere = muster::DefaultSocketPath();
  CHECK(elsewhere == (::geteuid() == 0
                          ? "/run/muster/clusterd.sock"
                          : "/tmp/muster-" + std::to_string(::geteuid()) + "/clusterd.sock"));
  ::unsetenv("XDG_RUNTIME_DIR");
  CHECK(muster::DefaultSocketPath() == elsewhere);
  CHECK(muster::DefaultSocketCandidates().back() == "/run/muster/clusterd.sock");
}
