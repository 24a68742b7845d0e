// clusters.db: one row for each cluster and one for each node, written ahead (WAL) and synced at
// each change.
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "common/file_system.h"
#include "common/mutex.h"
#include "common/status_macros.h"
#include "common/unique_fd.h"
#include "provision/cluster_repository.h"
#include "provision/file_lock.h"
#include "provision/node_names.h"
#include "provision/record_check.h"
#include "provision/record_json.h"
#include "provision/sqlite_database.h"
#include "provision/state_folder.h"

namespace muster::provision {
namespace {

constexpr int kVersion = 1;
constexpr char kSchema[] =
    "CREATE TABLE clusters (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE nodes (cluster TEXT NOT NULL REFERENCES clusters(name) ON DELETE CASCADE,"
    " name TEXT NOT NULL, place INTEGER NOT NULL, record TEXT NOT NULL,"
    " PRIMARY KEY (cluster, name)) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

class SqliteRepository : public ClusterRepository {
 public:
  SqliteRepository(std::string path, SqliteDatabase database)
      : path_(std::move(path)), database_(std::move(database)) {}

  absl::Status Save(const ClusterRecord& cluster) override MUSTER_EXCLUDES(mutex_) {
    RETURN_IF_ERROR(CheckClusterName(cluster.name));
    const MutexLock lock(mutex_);
    return database_.InTransaction([&]() MUSTER_REQUIRES(mutex_) {
      RETURN_IF_ERROR(SaveCluster(cluster));
      RETURN_IF_ERROR(database_.Run("DELETE FROM nodes WHERE cluster = ?", {cluster.name}));
      for (std::size_t place = 0; place < cluster.nodes.size(); ++place) {
        RETURN_IF_ERROR(SaveRow(cluster.name, cluster.nodes[place], place));
      }
      return absl::OkStatus();
    });
  }

  absl::Status SaveNode(const ClusterRecord& cluster, const NodeRecord& node) override
      MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::size_t place = 0;
    while (place < cluster.nodes.size() && cluster.nodes[place].name != node.name) ++place;
    return database_.InTransaction([&]() MUSTER_REQUIRES(mutex_) {
      RETURN_IF_ERROR(database_.Run("INSERT OR IGNORE INTO clusters VALUES (?, ?)",
                                    {cluster.name, WithoutNodes(cluster)}));
      return SaveRow(cluster.name, node, place);
    });
  }

  absl::StatusOr<ClusterRecord> Get(const std::string& name) override MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::vector<ClusterRecord> found;
    RETURN_IF_ERROR(database_.InTransaction(
        [&]() MUSTER_REQUIRES(mutex_) { return Read(" WHERE name = ?", {name}, found); }));
    if (!found.empty()) return std::move(found.front());
    std::vector<std::string> names;
    RETURN_IF_ERROR(
        database_.Query("SELECT name FROM clusters ORDER BY name", {},
                        [&](const SqliteDatabase::Row& row) { names.push_back(row[0]); }));
    return absl::NotFoundError(
        absl::StrCat("there is no cluster ", name, " in ", path_, "; ",
                     names.empty() ? "there is none" : absl::StrJoin(names, ", ")));
  }

  absl::StatusOr<std::vector<ClusterRecord>> GetAll() override MUSTER_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::vector<ClusterRecord> all;
    RETURN_IF_ERROR(database_.InTransaction(
        [&]() MUSTER_REQUIRES(mutex_) { return Read(" ORDER BY name", {}, all); }));
    return all;
  }

  absl::Status Delete(const std::string& name) override MUSTER_EXCLUDES(mutex_) {
    RETURN_IF_ERROR(CheckClusterName(name));
    const MutexLock lock(mutex_);
    RETURN_IF_ERROR(database_.Run("DELETE FROM clusters WHERE name = ?", {name}));
    ::unlink(LockOf(name).c_str());  // whoever deletes holds it
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<ClusterLock>> Lock(const std::string& name) override {
    RETURN_IF_ERROR(CheckClusterName(name));
    return LockFile(LockOf(name), absl::StrCat("the cluster ", name));
  }

  std::string description() const override { return path_; }

 private:
  std::string LockOf(const std::string& name) const {
    return absl::StrCat(path_, "-", name, ".lock");
  }

  static std::string WithoutNodes(const ClusterRecord& cluster) {
    ClusterRecord head = cluster;
    head.nodes.clear();
    return ToJson(head);
  }

  absl::Status SaveCluster(const ClusterRecord& cluster) MUSTER_REQUIRES(mutex_) {
    return database_.Run(
        "INSERT INTO clusters VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET record = excluded.record",
        {cluster.name, WithoutNodes(cluster)});
  }

  absl::Status SaveRow(const std::string& cluster, const NodeRecord& node, std::size_t place)
      MUSTER_REQUIRES(mutex_) {
    return database_.Run(
        "INSERT INTO nodes VALUES (?, ?, ?, ?) ON CONFLICT (cluster, name) DO UPDATE SET "
        "place = excluded.place, record = excluded.record",
        {cluster, node.name, absl::StrCat(place), ToJson(node)});
  }

  absl::Status Read(const std::string& which, const std::vector<std::string>& values,
                    std::vector<ClusterRecord>& found) MUSTER_REQUIRES(mutex_) {
    absl::Status bad;
    RETURN_IF_ERROR(database_.Query(absl::StrCat("SELECT record FROM clusters", which), values,
                                    [&](const SqliteDatabase::Row& row) {
                                      absl::StatusOr<ClusterRecord> record =
                                          ClusterFromJson(row[0]);
                                      if (record.ok()) {
                                        found.push_back(*std::move(record));
                                      } else {
                                        bad.Update(record.status());
                                      }
                                    }));
    for (ClusterRecord& cluster : found) {
      RETURN_IF_ERROR(
          database_.Query("SELECT record FROM nodes WHERE cluster = ? ORDER BY place, name",
                          {cluster.name}, [&](const SqliteDatabase::Row& row) {
                            absl::StatusOr<NodeRecord> node = NodeFromJson(row[0]);
                            if (node.ok()) bad.Update(CheckNodeRecord(*node));
                            if (node.ok()) {
                              cluster.nodes.push_back(*std::move(node));
                            } else {
                              bad.Update(node.status());
                            }
                          }));
    }
    if (bad.ok()) return bad;
    return absl::Status(bad.code(), absl::StrCat(path_, ": ", bad.message()));
  }

  const std::string path_;
  Mutex mutex_;
  SqliteDatabase database_ MUSTER_GUARDED_BY(mutex_);
};

absl::Status PrepareSchema(SqliteDatabase& database, const std::string& path) {
  return database.InTransaction([&] {
    int version = 0;
    RETURN_IF_ERROR(database.Query("PRAGMA user_version", {}, [&](const SqliteDatabase::Row& row) {
      version = std::stoi(row[0]);
    }));
    if (version == 0) return database.RunScript(kSchema);
    if (version == kVersion) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat(path, " was written by a newer Muster (its version is ", version,
                     ", this one reads ", kVersion, "); use that one"));
  });
}

// A lock of SQLite's does not hold between two machines.
absl::Status CheckFileSystem(const std::string& folder) {
  const UniqueFd file(::open(folder.c_str(), O_RDONLY | O_CLOEXEC));
  const std::string network = file.IsOpen() ? NetworkFileSystemOf(file.get()) : "";
  if (network.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(folder, " lies on ", network,
                   ", where several machines would write it at the same "
                   "time; set XDG_STATE_HOME to a folder of a local disk"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<ClusterRepository>> OpenSqliteRepository(const std::string& path) {
  std::string file = path;
  if (file.empty()) {
    ASSIGN_OR_RETURN(const std::string folder, StateFolder());
    file = absl::StrCat(folder, "/clusters.db");
  }
  std::string folder = std::filesystem::path(file).parent_path().string();
  if (folder.empty()) folder = ".";
  RETURN_IF_ERROR(MakeFolders(folder));
  RETURN_IF_ERROR(CheckFileSystem(folder));
  ASSIGN_OR_RETURN(SqliteDatabase database, SqliteDatabase::Open(file));
  RETURN_IF_ERROR(PrepareSchema(database, file));
  return std::shared_ptr<ClusterRepository>(
      std::make_shared<SqliteRepository>(file, std::move(database)));
}

}  // namespace muster::provision
