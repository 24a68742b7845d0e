#include "provision/sqlite_database.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <sqlite3.h>

#include "common/status_macros.h"
#include "common/unique_fd.h"

namespace muster::provision {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
};

}  // namespace

void SqliteDatabase::Closer::operator()(sqlite3* database) const { ::sqlite3_close(database); }

absl::Status SqliteDatabase::Failed() const {
  const int code = ::sqlite3_extended_errcode(database_.get());
  const std::string message = absl::StrCat(path_, ": ", ::sqlite3_errmsg(database_.get()));
  switch (code & 0xff) {
    case SQLITE_BUSY:
      return absl::UnavailableError(absl::StrCat(message, "; another program keeps it locked"));
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return absl::DataLossError(
          absl::StrCat(message, "; move the file away, and `cluster gc` finds what still runs"));
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return absl::UnavailableError(
          absl::StrCat(message, "; look with df whether there is room, and do it again"));
    default:
      return absl::UnavailableError(message);
  }
}

absl::StatusOr<SqliteDatabase> SqliteDatabase::Open(const std::string& path) {
  // Before SQLite makes it with the mode of the umask.
  const UniqueFd made(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  SqliteDatabase result;
  result.path_ = path;
  sqlite3* database = nullptr;
  const int code = ::sqlite3_open_v2(path.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
  result.database_.reset(database);
  if (database == nullptr) return absl::ResourceExhaustedError("no memory left for a database");
  if (code != SQLITE_OK) return result.Failed();
  ::sqlite3_busy_timeout(database, kBusyTimeoutMs);
  RETURN_IF_ERROR(result.RunScript(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"));
  return result;
}

absl::Status SqliteDatabase::Run(const std::string& statement,
                                 const std::vector<std::string>& values) {
  return Query(statement, values, [](const Row&) {});
}

absl::Status SqliteDatabase::Query(const std::string& statement,
                                   const std::vector<std::string>& values,
                                   const std::function<void(const Row&)>& on_row) {
  sqlite3_stmt* prepared = nullptr;
  if (::sqlite3_prepare_v2(database_.get(), statement.data(), static_cast<int>(statement.size()),
                           &prepared, nullptr) != SQLITE_OK) {
    return Failed();
  }
  const std::unique_ptr<sqlite3_stmt, Finalizer> owner(prepared);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (::sqlite3_bind_text64(prepared, static_cast<int>(i) + 1, values[i].data(), values[i].size(),
                              SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK) {
      return Failed();
    }
  }
  while (true) {
    const int step = ::sqlite3_step(prepared);
    if (step == SQLITE_DONE) return absl::OkStatus();
    if (step != SQLITE_ROW) return Failed();
    Row row;
    for (int column = 0; column < ::sqlite3_column_count(prepared); ++column) {
      const auto* text = reinterpret_cast<const char*>(::sqlite3_column_text(prepared, column));
      const int size = ::sqlite3_column_bytes(prepared, column);
      row.emplace_back(text == nullptr ? "" : text, static_cast<std::size_t>(size));
    }
    on_row(row);
  }
}

absl::Status SqliteDatabase::RunScript(const std::string& statements) {
  if (::sqlite3_exec(database_.get(), statements.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
    return absl::OkStatus();
  }
  return Failed();
}

absl::Status SqliteDatabase::InTransaction(const std::function<absl::Status()>& work) {
  // At once for writing: who reads first and writes then could be told that it is too late.
  RETURN_IF_ERROR(RunScript("BEGIN IMMEDIATE"));
  absl::Status status = work();
  if (status.ok()) status = RunScript("COMMIT");
  if (!status.ok()) RunScript("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace muster::provision
