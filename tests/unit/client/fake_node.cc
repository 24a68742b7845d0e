#include "tests/unit/client/fake_node.h"

#include <chrono>
#include <thread>

namespace muster {

grpc::Status FakeNode::Describe(grpc::ServerContext*, const v1::DescribeRequest*,
                                v1::DescribeResponse* response) {
  const int hello = ++hellos;
  std::this_thread::sleep_for(std::chrono::milliseconds(hello_delay_ms));
  response->set_name("n1");
  const char last = changes_incarnation ? static_cast<char>('0' + hello % 10) : 'f';
  response->set_incarnation(std::string("0123456789abcde") + last);
  response->set_python("3.11.2");
  return grpc::Status::OK;
}

grpc::Status FakeNode::Cancel(grpc::ServerContext*, const v1::CancelRequest*, v1::CancelResponse*) {
  ++cancels;
  std::this_thread::sleep_for(std::chrono::milliseconds(cancel_delay_ms));
  return cancel_code == grpc::StatusCode::OK ? grpc::Status::OK : grpc::Status(cancel_code, "no");
}

}  // namespace muster
