#include "shell/group_fold.h"

#include <catch2/catch.hpp>

namespace muster::clustershell {
namespace {

TEST_CASE("whole groups stand for their nodes, the largest first") {
  const GroupFold fold(
      {{"db", {"n4"}}, {"web", {"n1", "n2", "n3"}}, {"front", {"n1", "n2"}}, {"none", {}}});
  CHECK(fold.Fold({"n1", "n2", "n3"}) == "@web");
  CHECK(fold.Fold({"n1", "n2", "n3", "n4"}) == "@web,@db");
  CHECK(fold.Fold({"n1", "n2", "n7"}) == "@front,n7");
  CHECK(fold.Fold({"n1", "n3"}) == "n[1,3]");
  CHECK(GroupFold().Fold({"n2", "n1"}) == "n[1-2]");
}

}  // namespace
}  // namespace muster::clustershell
