#include "common/storage/sqlite.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <unordered_map>

#include <sqlite3.h>

#include "common/storage/sqlite_errors.hpp"

namespace skerry::storage {

namespace {
constexpr std::size_t kIdleStatementsMax = 128;
constexpr sqlite3_int64 kPieceBytes = 64 << 10;  // of the log, when it is written again
}  // namespace

struct Connection {
    std::filesystem::path path;
    sqlite3* handle = nullptr;
    std::unordered_map<std::string, sqlite3_stmt*> idle;  ///< prepared, reset, without values
    mutable bool full = false;                            ///< Database::disk_full()

    Connection(std::filesystem::path file) : path(std::move(file)) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        for (const auto& [sql, statement] : idle)
            sqlite3_finalize(statement);
        sqlite3_close_v2(handle);
    }

    [[nodiscard]] tl::unexpected<Error> failure(int code) const {
        full = (code & 0xff) == SQLITE_FULL;
        return tl::unexpected<Error>(sqlite_error(code, handle, path));
    }
    Result<> execute(const char* sql) {
        const int code = sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) return failure(code);
        return {};
    }
};

namespace {

/// SQLite would create the file with the umask's mode; its -wal and -shm files take over the mode of the file.
/// Exclusively: opening and closing a file that a connection of ours has open would drop that connection's locks
/// (sqlite.org/howtocorrupt.html §2.2).
Result<> create_private_file(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) {
        ::close(file);
        return {};
    }
    if (errno == EEXIST) return {};
    return fail(ErrorCode::Unavailable, path.string() + " cannot be created (" +
                                            std::generic_category().message(errno) +
                                            "): check that its folder exists and belongs to this user");
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      sql_(std::move(other.sql_)),
      handle_(std::exchange(other.handle_, nullptr)),
      bind_failure_(other.bind_failure_) {}

Statement::~Statement() {
    if (handle_ == nullptr) return;
    reset();
    auto& idle = connection_->idle;
    if (idle.size() >= kIdleStatementsMax || !idle.emplace(std::move(sql_), handle_).second) sqlite3_finalize(handle_);
}

Statement& Statement::reset() {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
    bind_failure_ = SQLITE_OK;
    return *this;
}

Statement& Statement::expect(int values) {
    SKERRY_ASSERT(values == sqlite3_bind_parameter_count(handle_));
    return *this;
}

Result<bool> Statement::step() {
    const int code = bind_failure_ != SQLITE_OK ? bind_failure_ : sqlite3_step(handle_);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        connection_->full = false;
        return code == SQLITE_ROW;
    }
    const auto failure = connection_->failure(code);
    sqlite3_reset(handle_);
    return failure;
}

Result<> Statement::run() {
    while (SKERRY_TRY(step())) {
    }
    sqlite3_reset(handle_);
    return {};
}

void Statement::put(int index, std::int64_t value) {
    if (const int code = sqlite3_bind_int64(handle_, index, value); code != SQLITE_OK) bind_failure_ = code;
}
void Statement::put(int index, double value) {
    if (const int code = sqlite3_bind_double(handle_, index, value); code != SQLITE_OK) bind_failure_ = code;
}
void Statement::put(int index, std::string_view value) {
    const char* text = value.data() != nullptr ? value.data() : "";  // a null pointer would bind NULL
    const int code = sqlite3_bind_text64(handle_, index, text, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    if (code != SQLITE_OK) bind_failure_ = code;
}
void Statement::put(int index, ByteView value) {
    const int code = value.empty() ? sqlite3_bind_zeroblob(handle_, index, 0)
                                   : sqlite3_bind_blob64(handle_, index, value.data(), value.size(), SQLITE_TRANSIENT);
    if (code != SQLITE_OK) bind_failure_ = code;
}
void Statement::put(int index, std::nullptr_t) {
    if (const int code = sqlite3_bind_null(handle_, index); code != SQLITE_OK) bind_failure_ = code;
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}
std::int64_t Statement::int64(int column) const {
    return sqlite3_column_int64(handle_, column);
}
double Statement::number(int column) const {
    return sqlite3_column_double(handle_, column);
}
std::string Statement::text(int column) const {
    return std::string(text_of(blob_view(column)));
}

ByteView Statement::blob_view(int column) const {
    const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(handle_, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::filesystem::path& path, OpenOptions options) {
    if (path != ":memory:" && options.vfs.empty()) SKERRY_TRY(create_private_file(path));
    auto connection = std::make_unique<Connection>(path);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const char* const vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
    if (const int code = sqlite3_open_v2(path.c_str(), &connection->handle, flags, vfs); code != SQLITE_OK) {
        return connection->failure(code);
    }
    sqlite3_db_config(connection->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);  // before settle()
    sqlite3_busy_timeout(connection->handle, static_cast<int>(options.busy_timeout.count()));
    const std::string settings =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
        "PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -" +
        std::to_string(options.cache_bytes / 1024);
    SKERRY_TRY(connection->execute(settings.c_str()));
    return Database(std::move(connection));
}

Result<Statement> Database::prepare(std::string_view sql) {
    std::string text(sql);
    if (auto node = connection_->idle.extract(text); !node.empty()) {
        return Statement(*connection_, std::move(text), node.mapped());
    }
    sqlite3_stmt* handle = nullptr;
    const int code = sqlite3_prepare_v3(connection_->handle, text.c_str(), static_cast<int>(text.size()) + 1,
                                        SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    if (code != SQLITE_OK) return connection_->failure(code);
    SKERRY_ASSERT(handle != nullptr);  // an empty text, or only a comment
    return Statement(*connection_, std::move(text), handle);
}

Result<> Database::run_script(const char* sql) {
    return connection_->execute(sql);
}

Result<> Database::migrate(std::span<const char* const> scripts) {
    const auto version_now = [this]() -> Result<std::int64_t> {
        Statement version = SKERRY_TRY(prepare("PRAGMA user_version"));
        SKERRY_TRY(version.step());
        return version.int64(0);
    };
    SKERRY_TRY(settle());
    for (;;) {
        // Asked again inside each transaction: another process may be migrating the same file.
        Transaction transaction = SKERRY_TRY(Transaction::begin(*this));
        const auto applied = static_cast<std::size_t>(SKERRY_TRY(version_now()));
        if (applied > scripts.size()) {
            return fail(ErrorCode::VersionMismatch, connection_->path.string() + " has schema " +
                                                        std::to_string(applied) + ", this program knows up to " +
                                                        std::to_string(scripts.size()) +
                                                        ": run the newer version of Skerry that wrote it");
        }
        if (applied == scripts.size()) return {};
        SKERRY_TRY(run_script(scripts[applied]));
        SKERRY_TRY(run_script(("PRAGMA user_version = " + std::to_string(applied + 1)).c_str()));
        SKERRY_TRY(transaction.commit());
    }
}

// SQLite takes for committed what it finds in the log, but of what a killed process left there, or one whose flush had
// failed, a power cut may leave nothing. To flush it now is not enough: after a failed flush a kernel takes the bytes
// for flushed. So they are written once more. Before that, nothing may go from the log into the file: the log that a
// power cut leaves would be older than the file. The flush takes the folder along, or else a log that the last process
// has removed might come back.
Result<> Database::settle() {
    const Transaction nobody_else_writes = SKERRY_TRY(Transaction::begin(*this));
    sqlite3_file* log = nullptr;
    sqlite3_file_control(connection_->handle, nullptr, SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
    if (log == nullptr || log->pMethods == nullptr) return {};  // a database in memory
    sqlite3_int64 size = 0;
    int code = log->pMethods->xFileSize(log, &size);
    Bytes piece(static_cast<std::size_t>(kPieceBytes));
    for (sqlite3_int64 at = 0; at < size && code == SQLITE_OK; at += kPieceBytes) {
        const auto count = static_cast<int>(std::min(kPieceBytes, size - at));
        code = log->pMethods->xRead(log, piece.data(), count, at);
        if (code == SQLITE_OK) code = log->pMethods->xWrite(log, piece.data(), count, at);
    }
    if (code == SQLITE_OK) code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(code, nullptr, connection_->path));
    sqlite3_db_config(connection_->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    return {};
}

bool Database::disk_full() const {
    return connection_->full;
}

void Database::forget_disk_full() {
    connection_->full = false;
}
std::int64_t Database::changes() const {
    return sqlite3_changes64(connection_->handle);
}
std::int64_t Database::last_insert_rowid() const {
    return sqlite3_last_insert_rowid(connection_->handle);
}

namespace {

// A failed statement may have rolled back by itself already (sqlite.org/lang_transaction.html).
void roll_back(Connection* connection) {
    if (connection != nullptr && sqlite3_get_autocommit(connection->handle) == 0) {
        static_cast<void>(connection->execute("ROLLBACK"));
    }
}

}  // namespace

Result<Transaction> Transaction::begin(Database& database) {
    SKERRY_TRY(database.connection_->execute("BEGIN IMMEDIATE"));
    return Transaction(*database.connection_);
}

Transaction::~Transaction() {
    roll_back(connection_);
}

Result<> Transaction::commit() {
    // A COMMIT outside a transaction fails: a statement that rolled everything back is not taken for a success.
    SKERRY_TRY(connection_->execute("COMMIT"));
    connection_ = nullptr;
    return {};
}

Result<Snapshot> Snapshot::begin(Database& database) {
    SKERRY_TRY(database.connection_->execute("BEGIN"));
    Snapshot snapshot(*database.connection_);
    // A transaction sees the moment of its first read, not that of its beginning.
    SKERRY_TRY(database.connection_->execute("SELECT 1 FROM main.sqlite_schema LIMIT 1"));
    return snapshot;
}

Snapshot::~Snapshot() {
    roll_back(connection_);
}

}  // namespace skerry::storage
