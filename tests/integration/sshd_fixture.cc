#include "tests/integration/sshd_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "tests/integration/watching.h"

namespace muster::test {
namespace {

constexpr char kSshd[] = "/usr/sbin/sshd";
constexpr char kHost[] = "127.0.0.7";

sockaddr_in HostAddress(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, kHost, &address.sin_addr);
  return address;
}

int FreePort() {
  const UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = HostAddress(0);
  socklen_t size = sizeof address;
  REQUIRE(::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

bool Accepts(int port) {
  const UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = HostAddress(port);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

void MakeKey(const std::string& path) {
  ChildProcess::Options options;
  options.argv = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "muster-test", "-f", path};
  auto child = ChildProcess::Start(options);
  REQUIRE(child.ok());
  REQUIRE(child->WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(20)) == 0);
}

}  // namespace

bool SshdFixture::IsPossible() {
  if (::access(kSshd, X_OK) != 0) return false;
  // Where the system's own sshd has never been started, its folder may be missing.
  if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);
  return true;
}

SshdFixture::SshdFixture(const Folder& folder, const std::string& environment)
    : folder_(folder), port_(FreePort()) {
  const std::string path = folder.path();
  for (const char* key : {"/host_key", "/user_key", "/foreign_key"}) MakeKey(path + key);
  folder.Write("authorized_keys", ReadFile(path + "/user_key.pub"), 0600);
  const std::string configuration = folder.Write(
      "sshd_config", "Port " + std::to_string(port_) + "\nListenAddress " + kHost + "\nHostKey " +
                         path + "/host_key\nPidFile none\nAuthorizedKeysFile " + path +
                         "/authorized_keys\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                         "KbdInteractiveAuthentication no\nPermitRootLogin yes\nSetEnv " +
                         environment + "\n");
  ssh_ = "ssh -F " + path + "/ssh_config";
  WriteClientConfiguration("/user_key", "/host_key.pub");
  ChildProcess::Options options;
  options.argv = {kSshd, "-D", "-E", path + "/sshd.log", "-f", configuration};
  auto started = ChildProcess::Start(options);
  REQUIRE(started.ok());
  sshd_ = *std::move(started);
  const bool accepts = Eventually([this] { return Accepts(port_); });
  INFO(ReadFile(path + "/sshd.log"));
  REQUIRE(accepts);
}

void SshdFixture::WriteClientConfiguration(const std::string& key,
                                           const std::string& host_key) const {
  const std::string path = folder_.path();
  folder_.Write("known_hosts", std::string("[") + kHost + "]:" + std::to_string(port_) + " " +
                                   ReadFile(path + host_key));
  folder_.Write("ssh_config", "Host node\n  HostName " + std::string(kHost) + "\n  Port " +
                                  std::to_string(port_) + "\nHost *\n  IdentityFile " + path + key +
                                  "\n  IdentitiesOnly yes\n  IdentityAgent none\n"
                                  "  StrictHostKeyChecking yes\n  UserKnownHostsFile " +
                                  path + "/known_hosts\n  GlobalKnownHostsFile /dev/null\n");
}

void SshdFixture::ForgeKnownHost() const {
  WriteClientConfiguration("/user_key", "/foreign_key.pub");
}

void SshdFixture::UseForeignKey() const {
  WriteClientConfiguration("/foreign_key", "/host_key.pub");
}

void SshdFixture::Stop() {
  sshd_.Kill(SIGTERM);
  if (!sshd_.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(5))) {
    sshd_.Kill(SIGKILL);
    sshd_.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  }
}

SshdFixture::~SshdFixture() { Stop(); }

}  // namespace muster::test
