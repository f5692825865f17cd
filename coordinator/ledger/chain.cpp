#include "coordinator/ledger/chain.hpp"

#include <algorithm>
#include <charconv>

namespace skerry::coordinator::ledger {
namespace {

// Smaller than that of a start: beside a coordinator that runs, memory matters more than time.
constexpr std::size_t kChainPage = 100;

}  // namespace

Result<Chain> prove_chain(const SqliteJournal& journal, const StopFlag& stop,
                          const std::function<Result<>(const Recorded&)>& each) {
    Chain chain;
    while (true) {
        if (stop) return fail(ErrorCode::Unavailable, "stopped before the journal was read to its end");
        // One by one behind a bad page, so that all before the bad entry is proven too.
        auto page = journal.read(kFederationStream, chain.entries, kChainPage);
        if (!page) page = journal.read(kFederationStream, chain.entries, 1);
        if (!page && page.error().code != ErrorCode::Internal) return tl::unexpected(page.error());
        if (!page) chain.problem = page.error().message;
        if (!page || page->empty()) break;
        if (each) {
            for (const Recorded& recorded : *page)
                SKERRY_TRY(each(recorded));
        }
        chain.entries = page->back().version;
    }
    if (chain.entries > 0) chain.head = SKERRY_TRY(journal.hash_at(chain.entries)).value_or(Digest{});
    return chain;
}

Result<NotedHead> NotedHead::parse(std::string_view text) {
    NotedHead noted;
    const std::size_t colon = text.find(':');
    if (colon != text.npos) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + colon, noted.entry);
        const Bytes hash = from_hex(text.substr(colon + 1)).value_or(Bytes{});
        if (error == std::errc() && end == text.data() + colon && noted.entry > 0 && hash.size() == noted.hash.size()) {
            std::copy(hash.begin(), hash.end(), noted.hash.begin());
            return noted;
        }
    }
    return fail(
        ErrorCode::InvalidInput,
        "'" + std::string(text) + "' is no head of a journal: write NUMBER:HASH, as 'skerry audit verify' shows it");
}

std::string NotedHead::to_text() const {
    return std::to_string(entry) + ":" + to_hex(hash);
}

Result<std::string> difference_from(const NotedHead& noted, const Chain& chain, const SqliteJournal& journal) {
    const std::string number = std::to_string(noted.entry);
    if (noted.entry > chain.entries) {
        return "the journal's proven part ends at entry " + std::to_string(chain.entries) + ", before entry " + number +
               ": it was restored from an older copy, or cut off; restore a newer one";
    }
    if (SKERRY_TRY(journal.hash_at(noted.entry)) == noted.hash) return std::string();
    return "what stands up to entry " + number +
           " is not what stood there when its hash was noted: the history was rewritten, or the hash is of another "
           "federation; keep a copy of the directory and restore history.db from a backup of that time";
}

}  // namespace skerry::coordinator::ledger
