#include "client/execution.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <future>
#include <thread>

#include "client/cluster_check.h"
#include "client/execution_id.h"
#include "client/wire.h"
#include "common/limits.h"
#include "tests/unit/client/fake_node.h"

using Catch::Contains;
using muster::Call;
using muster::Event;
using muster::FakeNode;
using muster::NodeLink;
using muster::Outcome;
namespace v1 = muster::v1;

namespace {

grpc::Status Echo(grpc::ServerContext*, const v1::ExecuteRequest& request,
                  FakeNode::Writer* writer) {
  FakeNode::Started(writer);
  v1::ExecuteEvent event;
  for (const char c : request.python().source()) {
    event.mutable_value()->set_text(std::string(1, c));
    writer->Write(event);
  }
  FakeNode::Outcome(writer, v1::Outcome::KIND_OK);
  return grpc::Status::OK;
}

// A link to a socket in a folder of its own.
class Place {
 public:
  Place() {
    char name[] = "/tmp/muster-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    muster::Address address;
    address.path = path();
    link_ = std::make_shared<NodeLink>("n1", address);
  }
  ~Place() { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/n1.sock"; }
  const std::shared_ptr<NodeLink>& link() const { return link_; }

  Call Execute(const std::string& source, const muster::ExecuteOptions& options = {}) const {
    auto state = std::make_shared<Call::State>("n1");
    auto execution = std::make_shared<muster::Execution>(
        state, link_, muster::wire::ToRequest(muster::python(source), options, "n1"));
    state->SetControl(execution);
    execution->Begin();
    return Call(state);
  }
  muster::NodeCheck Check(std::chrono::milliseconds timeout) const {
    return muster::CheckNodes({{1, "n1", "unix:" + path()}}, {link_}, timeout, false).nodes.front();
  }

 private:
  std::string folder_;
  std::shared_ptr<NodeLink> link_;
};

// A socket that a test answers, or not.
class Listener {
 public:
  explicit Listener(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strcpy(name.sun_path, path.c_str());
    ::bind(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name);
    ::listen(fd_, 8);
  }
  ~Listener() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

template <typename Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

}  // namespace

TEST_CASE("a value arrives whole from its pieces") {
  const Place place;
  const FakeNode node(place.path(), Echo);
  Call call = place.Execute("hello");
  CHECK(call.wait().ok());
  CHECK(call.wait().value().text() == "hello");
  CHECK(call.wait().node == "n1");
}

TEST_CASE("calls that come together share one hello, and each has its own outcome") {
  const Place place;
  FakeNode node(place.path(), Echo);
  node.hello_delay_ms = 100;
  std::vector<Call> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(place.Execute(std::to_string(i)));
  for (int i = 0; i < 50; ++i) {
    CHECK(calls[static_cast<std::size_t>(i)].wait().value().text() == std::to_string(i));
  }
  CHECK(node.hellos == 1);
  CHECK(node.executions == 50);
}

TEST_CASE("a stream that ends without an outcome is lost") {
  const Place place;
  const FakeNode node(place.path(), [](auto*, const auto&, FakeNode::Writer* writer) {
    FakeNode::Started(writer);
    return grpc::Status::OK;
  });
  Call call = place.Execute("1");
  CHECK(call.wait().describe() ==
        "lost: n1 ended the execution without an outcome; whether it finished is not known");
}

TEST_CASE("a connection that breaks in the middle is lost; the next call makes a new one") {
  const Place place;
  std::promise<void> started;
  auto node = std::make_unique<FakeNode>(
      place.path(), [&](grpc::ServerContext* context, const auto&, FakeNode::Writer* writer) {
        FakeNode::Started(writer);
        FakeNode::Output(writer, "so far");
        started.set_value();
        Eventually([&] { return context->IsCancelled(); });
        return grpc::Status::OK;
      });
  Call call = place.Execute("1");
  started.get_future().wait();
  node.reset();
  CHECK(call.next()->data == "so far");
  CHECK_THAT(call.wait().describe(), Contains("lost: n1 broke the connection before the outcome"));
  CHECK_THAT(place.Execute("1").wait().describe(),
             Contains("unreachable: cannot reach n1 at unix:" + place.path() +
                      ": No such file or directory; no clusterd listens there"));
  const FakeNode again(place.path(), Echo);
  CHECK(place.Execute("back").wait().value().text() == "back");
}

TEST_CASE("a node that restarted between two calls is simply used again") {
  const Place place;
  for (int i = 0; i < 20; ++i) {
    const FakeNode node(place.path(), Echo);
    CHECK(place.Execute("x").wait().describe() == "ok");
  }
}

TEST_CASE("another incarnation is asked once more, and only once") {
  const Place place;
  std::atomic<int> refusals{1};
  FakeNode node(place.path(), [&](auto* context, const auto& request, FakeNode::Writer* writer) {
    if (refusals-- > 0) {
      return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "another incarnation");
    }
    return Echo(context, request, writer);
  });
  CHECK(place.Execute("x").wait().ok());
  CHECK(node.hellos == 2);
  refusals = 100;
  CHECK_THAT(place.Execute("x").wait().describe(), Contains("lost: node restarted"));
  CHECK(node.executions == 4);
}

TEST_CASE("a call has one id, the caller's own or one that is made, and a second try keeps it") {
  const Place place;
  std::vector<std::string> ids;
  const FakeNode node(place.path(),
                      [&](auto* context, const auto& request, FakeNode::Writer* writer) {
                        ids.push_back(muster::ToText(request.id()));
                        if (ids.size() % 2 == 1) {
                          return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "restarted");
                        }
                        return Echo(context, request, writer);
                      });
  muster::ExecuteOptions options;
  options.id = "00112233445566778899aabbccddeeff-7";
  Call given = place.Execute("x", options);
  CHECK(given.wait().ok());
  CHECK(given.id() == options.id);
  Call made = place.Execute("x");
  CHECK(made.wait().ok());
  CHECK(muster::ParseExecutionId(made.id()).ok());
  CHECK(ids == std::vector<std::string>{options.id, options.id, made.id(), made.id()});
}

TEST_CASE("an id that is there already is refused, and a call that was not sent has none") {
  const Place place;
  Call unsent = place.Execute("x");
  CHECK(unsent.wait().kind == Outcome::Kind::kUnreachable);
  CHECK(unsent.id().empty());
  const FakeNode node(place.path(), [](auto*, const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "no");
  });
  muster::ExecuteOptions options;
  options.id = "00112233445566778899aabbccddeeff-7";
  CHECK(place.Execute("x", options).wait().describe() ==
        "refused: an execution with this id (" + options.id +
            ") was started on n1 before; nothing was started now");
}

TEST_CASE("what a daemon refuses before it starts is refused, with its words") {
  const Place place;
  const FakeNode node(place.path(), [](auto*, const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no command");
  });
  CHECK(place.Execute("x").wait().describe() == "refused: by clusterd on n1: no command");
}

TEST_CASE("a cancel waits for the node to know the execution") {
  const Place place;
  std::promise<void> go;
  const std::shared_future<void> may_start = go.get_future().share();
  FakeNode* self = nullptr;
  FakeNode node(place.path(), [&](auto*, const auto&, FakeNode::Writer* writer) {
    may_start.wait();
    FakeNode::Started(writer);
    Eventually([&] { return self->cancels > 0; });
    FakeNode::Outcome(writer, v1::Outcome::KIND_CANCELLED);
    return grpc::Status::OK;
  });
  self = &node;
  Call call = place.Execute("x");
  REQUIRE(Eventually([&] { return node.executions == 1; }));
  call.cancel();
  call.cancel();
  CHECK(call.wait_for(std::chrono::milliseconds(50)) == nullptr);
  CHECK(node.cancels == 0);
  go.set_value();
  CHECK(call.wait().kind == Outcome::Kind::kCancelled);
  CHECK(node.cancels == 1);
}

TEST_CASE("a cancel before the node was reached ends the call here, and nothing is sent") {
  const Place place;
  FakeNode node(place.path(), Echo);
  node.hello_delay_ms = 200;
  Call call = place.Execute("x");
  call.cancel();
  CHECK_THAT(call.wait().describe(), Contains("cancelled: by this program, before it was sent"));
  CHECK(place.Execute("x").wait().ok());
  CHECK(node.executions == 1);
}

TEST_CASE("a node that does not take a cancel is told that its client is gone") {
  const Place place;
  FakeNode node(place.path(),
                [](grpc::ServerContext* context, const auto&, FakeNode::Writer* writer) {
                  FakeNode::Started(writer);
                  Eventually([&] { return context->IsCancelled(); });
                  return grpc::Status::OK;
                });
  node.cancel_code = grpc::StatusCode::INTERNAL;
  Call call = place.Execute("x");
  call.cancel();
  CHECK_THAT(call.wait().describe(), Contains("cancelled: by this program"));
}

TEST_CASE("dropping the last handle breaks the stream, a detached one goes on") {
  const Place place;
  std::atomic<int> broken{0};
  std::atomic<int> finished{0};
  std::atomic<int> started{0};
  FakeNode node(place.path(), [&](grpc::ServerContext* context, const v1::ExecuteRequest& request,
                                  FakeNode::Writer* writer) {
    FakeNode::Started(writer);
    ++started;
    if (request.python().source() == "detached") {
      for (int i = 0; i < 100; ++i) FakeNode::Output(writer, std::string(65536, 'x'));
      ++finished;
      return grpc::Status::OK;
    }
    if (Eventually([&] { return context->IsCancelled(); })) ++broken;
    return grpc::Status::OK;
  });
  {
    const Call call = place.Execute("dropped");
    REQUIRE(Eventually([&] { return started == 1; }));
    const Call copy = call;
  }
  CHECK(Eventually([&] { return broken == 1; }));
  {
    Call call = place.Execute("detached");
    call.detach();
  }
  CHECK(Eventually([&] { return finished == 1; }));
}

TEST_CASE("a call whose output nobody reads waits, and loses nothing") {
  const Place place;
  std::atomic<int> written{0};
  const int pieces = 300;
  const FakeNode node(place.path(), [&](auto*, const auto&, FakeNode::Writer* writer) {
    FakeNode::Started(writer);
    for (int i = 0; i < pieces; ++i) {
      FakeNode::Output(writer, std::string(65536, static_cast<char>('a' + i % 26)));
      ++written;
    }
    FakeNode::Outcome(writer, v1::Outcome::KIND_OK);
    return grpc::Status::OK;
  });
  Call call = place.Execute("x");
  CHECK(call.wait_for(std::chrono::milliseconds(500)) == nullptr);
  CHECK(written < pieces);
  std::size_t bytes = 0;
  int index = 0;
  for (const Event& event : call) {
    bytes += event.data.size();
    if (event.data.front() != static_cast<char>('a' + index++ % 26)) FAIL("out of order");
  }
  CHECK(bytes == pieces * 65536u);
  CHECK(call.wait().ok());
}

TEST_CASE("a node that accepts and says nothing is unreachable after 5 s, for all who wait") {
  const Place place;
  const Listener listener(place.path());
  const auto begin = std::chrono::steady_clock::now();
  Call first = place.Execute("x");
  Call second = place.Execute("x");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));
  CHECK_FALSE(place.Check(std::chrono::milliseconds(300)).functional);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
  CHECK_THAT(first.wait().describe(),
             Contains("unreachable: cannot reach n1") &&
                 Contains("no answer within " + std::to_string(muster::kConnectTimeout.count())));
  CHECK(second.wait().kind == Outcome::Kind::kUnreachable);
  CHECK(std::chrono::steady_clock::now() - begin < 3 * muster::kConnectTimeout);
}

TEST_CASE("a daemon that closes at once is unreachable, with a guess at why") {
  const Place place;
  const Listener listener(place.path());
  std::thread closer([&] { ::close(::accept(listener.fd(), nullptr, nullptr)); });
  CHECK_THAT(place.Execute("x").wait().describe(),
             Contains("unreachable") && Contains("closed the connection before it answered") &&
                 Contains("it may be ending"));
  closer.join();
}

TEST_CASE("a check says what is wrong with the node") {
  const Place place;
  CHECK_THAT(place.Check(std::chrono::seconds(2)).reason, Contains("No such file or directory"));
  const FakeNode node(place.path(), Echo);
  const muster::NodeCheck check = place.Check(std::chrono::seconds(2));
  CHECK(check.functional);
  CHECK(check.python == "3.11.2");
  CHECK(check.latency.count() > 0);
}

TEST_CASE("handles, links and connections may end in any order, on any thread") {
  for (int round = 0; round < 20; ++round) {
    auto place = std::make_unique<Place>();
    auto node = std::make_unique<FakeNode>(place->path(), Echo);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&place] {
        for (int j = 0; j < 5; ++j) {
          Call call = place->Execute("x");
          if (j % 2 == 0) call.wait();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    Call last = place->Execute("x");
    place.reset();
    last.wait();
  }
}
