#include "provision/ssh_host_list.h"

#include <absl/strings/str_join.h>

#include <catch2/catch.hpp>

using Catch::Contains;
using muster::Address;
using muster::provision::ParseHosts;

namespace {

// The hosts as addresses; or why not.
std::string Read(const std::string& text) {
  const auto hosts = ParseHosts(text);
  if (!hosts.ok()) return std::string(hosts.status().message());
  return absl::StrJoin(*hosts, " ", [](std::string* out, const Address& address) {
    out->append(address.ToString());
  });
}

}  // namespace

TEST_CASE("hosts are separated by commas, blanks and lines") {
  CHECK(Read("a,b c\n  d,") == "ssh:a ssh:b ssh:c ssh:d");
  CHECK(Read("ann@web1.lan:2222") == "ssh:ann@web1.lan:2222");
}

TEST_CASE("a host may be a pattern, and keeps its user and port") {
  CHECK(Read("web[1-3]") == "ssh:web1 ssh:web2 ssh:web3");
  CHECK(Read("ann@10.0.0.[8-9]:23,b[01,03]c") ==
        "ssh:ann@10.0.0.8:23 ssh:ann@10.0.0.9:23 ssh:b01c ssh:b03c");
}

TEST_CASE("an address of IPv6 is no pattern") {
  CHECK(Read("[2001:db8::1] ann@[::1]:22") == "ssh:[2001:db8::1] ssh:ann@[::1]:22");
}

TEST_CASE("a host that is there twice stays so") { CHECK(Read("a,a") == "ssh:a ssh:a"); }

TEST_CASE("what is no host is told") {
  CHECK_THAT(Read(""), Contains("needs hosts"));
  CHECK_THAT(Read("-oProxyCommand=x"), Contains("begins with \"-\""));
  CHECK_THAT(Read("a/b"), Contains("'a/b' is no [user@]host[:port]"));
  CHECK_THAT(Read("a?relay=/x"), Contains("is no [user@]host[:port]"));
  CHECK_THAT(Read("a:99999"), Contains("the port"));
  CHECK_THAT(Read("web[1-99999]"), Contains("at most 10000"));
  CHECK_THAT(Read("web[1-"), Contains("hosts"));
}
