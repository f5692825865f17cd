#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "coordinator/ledger/sqlite_journal.hpp"

namespace skerry::coordinator::ledger {

/// Set by whoever waits for a long reading to have it end: it fails with Unavailable.
using StopFlag = std::atomic<bool>;

struct Chain {
    Version entries = 0;  ///< that follow from each other, from the first
    Digest head{};        ///< of the last of them; it stands for all that was before it
    std::string problem;  ///< why it ends there, and what to do; empty: there is no more
    [[nodiscard]] bool whole() const { return problem.empty(); }
};

/// Reads the federation's journal from its beginning, proves each entry by the hash chain, and gives it to `each`.
/// Memory: a page of entries. Errors: of the database, of `each`, and Unavailable when stopped.
[[nodiscard]] Result<Chain> prove_chain(const SqliteJournal& journal, const StopFlag& stop,
                                        const std::function<Result<>(const Recorded&)>& each = {});

/// What somebody noted of the journal at another time, as "1234:5f…" says it.
struct NotedHead {
    Version entry = 0;
    Digest hash{};

    /// InvalidInput: not NUMBER:HASH.
    [[nodiscard]] static Result<NotedHead> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const;
};

/// Whether the history that ended in `noted` is the beginning of this one, whose chain is proven. Empty, or what is
/// different and what to do.
[[nodiscard]] Result<std::string> difference_from(const NotedHead& noted, const Chain& chain,
                                                  const SqliteJournal& journal);

}  // namespace skerry::coordinator::ledger
