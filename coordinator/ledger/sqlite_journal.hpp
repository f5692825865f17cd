#pragma once

#include <filesystem>
#include <optional>

#include "common/storage/sqlite.hpp"
#include "coordinator/ledger/journal.hpp"

namespace skerry::coordinator::ledger {

/// The journal and its projections in one SQLite file; an append and what it changes in the tables are one transaction.
/// Cost: one flush an append, about 2 ms, however many events it has. Not thread-safe.
class SqliteJournal final : public Journal {
public:
    /// Opens or creates. After a program that had other projections they are made anew: once, at the cost of reading
    /// all of the journal. Unavailable: the file cannot be opened, is locked or damaged. VersionMismatch: written by a
    /// newer program.
    [[nodiscard]] static Result<SqliteJournal> open(const std::filesystem::path& path,
                                                    storage::OpenOptions options = {});

    /// A second connection, beside the one of a coordinator that has opened the file with open(): for reading on
    /// another thread. It takes no lock that an append would wait for. Unavailable: the file cannot be opened.
    [[nodiscard]] static Result<SqliteJournal> open_beside(const std::filesystem::path& path);

    Result<Version> append(std::string_view stream, Version expected, const Events& events) override;
    [[nodiscard]] Result<std::vector<Recorded>> read(std::string_view stream, Version after,
                                                     std::size_t max) const override;

    /// The hash chain's value at an entry of the federation's stream; nothing: there is no such entry. As it is stored:
    /// prove_chain() (chain.hpp) says what it is worth.
    [[nodiscard]] Result<std::optional<Digest>> hash_at(Version entry) const;

    /// Empties the projections and makes them again from the journal, in one transaction.
    [[nodiscard]] Result<> rebuild();

    /// For queries of the projections (history.hpp); as long as this lives.
    [[nodiscard]] storage::Database& database() { return database_; }

private:
    explicit SqliteJournal(storage::Database database) : database_(std::move(database)) {}
    [[nodiscard]] Result<bool> must_rebuild() const;

    mutable storage::Database database_;  // reading prepares statements
};

}  // namespace skerry::coordinator::ledger
