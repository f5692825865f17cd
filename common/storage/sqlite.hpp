#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/base/ids.hpp"

struct sqlite3_stmt;

namespace skerry::storage {

struct Connection;  // sqlite.cpp: the handle and its idle statements

struct OpenOptions {
    /// How long a statement waits for another process's write lock before it fails as Unavailable.
    std::chrono::milliseconds busy_timeout{5000};
    /// Page cache of this connection.
    std::size_t cache_bytes = 1 << 20;
    /// The SQLite VFS that has the files, which it makes itself. Empty: the operating system.
    std::string vfs{};
};

/// One prepared statement, borrowed from its database: reset and without values when handed out, given back to the
/// cache by its destructor. Values are bound in order, then rows are stepped through:
///
///     Statement find = SKERRY_TRY(database.prepare("SELECT name FROM node WHERE id = ?"));
///     if (!SKERRY_TRY(find.bind(id).step())) return fail(ErrorCode::NotFound, "…");
///     return find.text(0);
///
/// Must not outlive its Database. A wrong number of values is our mistake and asserts.
class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    /// Binds the values to the parameters, from the first on, and starts anew; bytes and texts are copied.
    template <class... Values>
    Statement& bind(const Values&... values) {
        reset();
        int index = 0;
        (put(++index, values), ...);
        return expect(index);
    }

    /// Advances; true while there is a row. Errors: see Database.
    [[nodiscard]] Result<bool> step();
    /// Steps to the end, for statements without interesting rows.
    [[nodiscard]] Result<> run();
    /// Back to before the first row, without values. Ends the read that a half-stepped statement holds open.
    Statement& reset();

    // Columns of the current row, from 0. NULL reads as zero or empty.
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t int64(int column) const;
    [[nodiscard]] std::uint64_t uint64(int column) const { return static_cast<std::uint64_t>(int64(column)); }
    [[nodiscard]] double number(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] Bytes blob(int column) const { return copy_of(blob_view(column)); }
    /// Borrowed until the next step, reset or end of this statement.
    [[nodiscard]] ByteView blob_view(int column) const;
    /// InvalidInput: the column does not hold exactly N bytes.
    template <std::size_t N>
    [[nodiscard]] Result<ByteArray<N>> array(int column) const {
        return exactly<N>(blob_view(column), "column " + std::to_string(column));
    }

private:
    friend class Database;
    Statement(Connection& connection, std::string sql, sqlite3_stmt* handle)
        : connection_(&connection), sql_(std::move(sql)), handle_(handle) {}

    void put(int index, std::int64_t value);
    void put(int index, double value);
    void put(int index, std::string_view value);
    void put(int index, ByteView value);
    void put(int index, std::nullptr_t);
    void put(int index, const char* value) { put(index, std::string_view(value)); }
    void put(int index, const std::string& value) { put(index, std::string_view(value)); }
    void put(int index, const Bytes& value) { put(index, ByteView(value)); }
    template <std::size_t N>
    void put(int index, const ByteArray<N>& value) {
        put(index, ByteView(value));
    }
    template <class Tag>
    void put(int index, const NumberId<Tag>& id) {
        put(index, static_cast<std::int64_t>(id.value));
    }
    template <class Tag, std::size_t N>
    void put(int index, const BytesId<Tag, N>& id) {
        put(index, ByteView(id.value));
    }
    /// Unsigned 64-bit values keep their bits; those above 2^63 sort as negative.
    template <std::integral T>
    void put(int index, T value) {
        put(index, static_cast<std::int64_t>(value));
    }
    template <class T>
    void put(int index, const std::optional<T>& value) {
        value ? put(index, *value) : put(index, nullptr);
    }
    Statement& expect(int values);

    Connection* connection_;
    std::string sql_;
    sqlite3_stmt* handle_;  ///< null once moved from
    int bind_failure_ = 0;  ///< the first, told by step()
};

/// One SQLite database: WAL, synchronous=FULL, foreign keys on, file mode 0600. A commit that returned is on the disk.
///
/// Every call may fail as
///   Unavailable  disk full, locked by another process, damaged, or not readable: four sentences, each with what to do
///   Conflict     a UNIQUE, CHECK, NOT NULL or FOREIGN KEY constraint
///   Internal     anything else, such as SQL that does not parse
/// After a failed write the transaction is to be given up: roll back, and unless disk_full() says why, restart, so that
/// the state is read back from the disk. One thread at a time.
class Database {
public:
    /// Opens or creates; ":memory:" makes one that lives as long as this object. The folder must exist.
    [[nodiscard]] static Result<Database> open(const std::filesystem::path& path, OpenOptions options = {});

    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// A statement from the cache. The same text again, while the first is still held, gives a second statement.
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);

    /// prepare, bind, run.
    template <class... Values>
    [[nodiscard]] Result<> run(std::string_view sql, const Values&... values) {
        Statement statement = SKERRY_TRY(prepare(sql));
        return statement.bind(values...).run();
    }
    /// Several statements in one text, without values.
    [[nodiscard]] Result<> run_script(const char* sql);

    /// All that can be read from here on is on the disk, also what an earlier process wrote and did not live to flush.
    /// For whoever owns the file, before anything is written or an answer is built on what is read; without it a
    /// connection only reads. Cost: the log, at most 16 MiB, is written again.
    [[nodiscard]] Result<> settle();

    /// Applies scripts[user_version …], each with its new user_version in one transaction. Scripts are only ever added.
    /// Begins with settle(). VersionMismatch: the file was written by a newer program.
    [[nodiscard]] Result<> migrate(std::span<const char* const> scripts);

    /// The last call failed, and for want of room: its transaction is rolled back, the database is as before, and the
    /// same may be tried again once there is space.
    [[nodiscard]] bool disk_full() const;
    void forget_disk_full();
    /// Rows changed by the last INSERT, UPDATE or DELETE.
    [[nodiscard]] std::int64_t changes() const;
    [[nodiscard]] std::int64_t last_insert_rowid() const;

private:
    friend class Transaction;
    friend class Snapshot;
    explicit Database(std::unique_ptr<Connection> connection);

    std::unique_ptr<Connection> connection_;
};

/// All or nothing: takes the write lock at once, rolls back in its destructor unless committed. Not nestable.
class Transaction {
public:
    [[nodiscard]] static Result<Transaction> begin(Database& database);

    Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    /// Durable when it returns. After an error it is rolled back, except that an I/O error leaves open whether the
    /// disk has it: restart and read.
    [[nodiscard]] Result<> commit();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}

    Connection* connection_;  ///< null once committed or moved from
};

/// What is read while it lives is one moment of the database, whatever other connections write meanwhile; their log
/// grows as long, so it should not live long. Attached databases join with their first read. Not nestable.
class Snapshot {
public:
    [[nodiscard]] static Result<Snapshot> begin(Database& database);

    Snapshot(Snapshot&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Snapshot& operator=(Snapshot&&) = delete;
    ~Snapshot();

private:
    explicit Snapshot(Connection& connection) : connection_(&connection) {}

    Connection* connection_;  ///< null once moved from
};

}  // namespace skerry::storage
