// SqliteDatabase: one connection to a database file: statements with values, and transactions.
// Movable; one thread at a time.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace muster::provision {

class SqliteDatabase {
 public:
  using Row = std::vector<std::string>;

  // Makes the file, mode 0600. What was committed survives the end of the machine; who waits for
  // another process's transaction waits 10 s at most.
  static absl::StatusOr<SqliteDatabase> Open(const std::string& path);

  // One statement; each ? is a value. Errors name the file.
  absl::Status Run(const std::string& statement, const std::vector<std::string>& values);
  absl::Status Query(const std::string& statement, const std::vector<std::string>& values,
                     const std::function<void(const Row&)>& on_row);
  // Several statements without values.
  absl::Status RunScript(const std::string& statements);
  // All of it, or, with an error, nothing. Not in each other.
  absl::Status InTransaction(const std::function<absl::Status()>& work);

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };

  absl::Status Failed() const;

  std::string path_;
  std::unique_ptr<sqlite3, Closer> database_;
};

}  // namespace muster::provision
