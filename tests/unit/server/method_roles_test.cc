#include "server/service/method_roles.h"

#include <google/protobuf/descriptor.h>

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "muster/v1/node.pb.h"

using muster::server::Role;
using muster::server::RoleForMethod;

namespace {

// The decisions, once more: a change of the table has to be meant.
const std::map<std::string, Role> kDecided = {
    {"Execute", Role::kExec},     {"ExecuteMany", Role::kExec},  {"Interact", Role::kExec},
    {"Cancel", Role::kExec},      {"Describe", Role::kObserve},  {"Transfer", Role::kFiles},
    {"OpenSession", Role::kExec}, {"ListSessions", Role::kExec}, {"CloseSession", Role::kExec},
};

const google::protobuf::ServiceDescriptor* FindService(const std::string& name) {
  // Linked in only when something of its file is used.
  muster::v1::DescribeRequest::descriptor();
  return google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
}

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

}  // namespace

TEST_CASE("Every rpc of the wire has the role that was decided for it") {
  const auto* service = FindService("muster.v1.Node");
  REQUIRE(service != nullptr);
  CHECK(service->method_count() == static_cast<int>(kDecided.size()));
  for (int i = 0; i < service->method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *service->method(i);
    CAPTURE(method.full_name());
    const auto decided = kDecided.find(method.name());
    REQUIRE(decided != kDecided.end());
    const auto role = RoleForMethod(PathOf(method));
    REQUIRE(role.has_value());
    CHECK(*role == decided->second);
  }
}

TEST_CASE("Health checks are for whoever may connect") {
  // gRPC's own service; its descriptor is not linked in everywhere.
  if (const auto* service = FindService("grpc.health.v1.Health")) {
    for (int i = 0; i < service->method_count(); ++i) {
      CAPTURE(service->method(i)->full_name());
      CHECK(RoleForMethod(PathOf(*service->method(i))).has_value());
    }
  }
  CHECK(RoleForMethod("/grpc.health.v1.Health/Check") == Role::kObserve);
  CHECK(RoleForMethod("/grpc.health.v1.Health/Watch") == Role::kObserve);
}

TEST_CASE("A path that is not in the table, letter for letter, is nobody's") {
  for (const std::string path : {"",
                                 "/",
                                 "*",
                                 "Execute",
                                 "muster.v1.Node/Execute",
                                 "/muster.v1.Node",
                                 "/muster.v1.Node/",
                                 "/muster.v1.Node/Execute/",
                                 "//muster.v1.Node/Execute",
                                 "/muster.v1.Node//Execute",
                                 "/muster.v1.Node/./Execute",
                                 "/muster.v1.Node/execute",
                                 "/MUSTER.V1.NODE/EXECUTE",
                                 "/muster.v1.Node/%45xecute",
                                 "/muster.v1.Node%2FExecute",
                                 "/muster.v1.Node/Execute?a=b",
                                 "/muster.v1.Node/Execute#",
                                 "/muster.v1.Node/Execute ",
                                 " /muster.v1.Node/Execute",
                                 "/muster.v2.Node/Execute",
                                 "/muster.v1.Node/Exec",
                                 "/muster.v1.Node/ExecuteMore",
                                 "/grpc.health.v1.Health/List",
                                 "/grpc.reflection.v1alpha.ServerReflection/"
                                 "ServerReflectionInfo"}) {
    CAPTURE(path);
    CHECK_FALSE(RoleForMethod(path).has_value());
  }
  CHECK_FALSE(RoleForMethod(absl::string_view("/muster.v1.Node/Execute\0", 24)).has_value());
  CHECK_FALSE(RoleForMethod(absl::string_view("/muster.v1.Node/Describe\0x", 26)).has_value());
}
