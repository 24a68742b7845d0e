// cluster_actor_saves STORE sqlite|folder: saves one cluster again and again, until it is killed.
#include <string>

#include "provision/cluster_repository.h"

namespace mp = muster::provision;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto repository = std::string(argv[2]) == "folder" ? mp::OpenFolderRepository(argv[1])
                                                     : mp::OpenSqliteRepository(argv[1]);
  if (!repository.ok()) return 1;
  auto record = (*repository)->Get("kept");
  if (!record.ok()) return 1;
  for (long number = 0;; ++number) {
    for (mp::NodeRecord& node : record->nodes) node.image_id = std::to_string(number);
    if (!(*repository)->Save(*record).ok()) return 1;
  }
}
