#include <limits>
#include <map>

#include "coordinator/ledger/event_codec.hpp"
#include "coordinator/ledger/history.hpp"
#include "coordinator/ledger/journal.hpp"
#include "coordinator/ledger/sentences.hpp"

// The journal itself, as people page through it.
namespace skerry::coordinator::ledger {
namespace {

constexpr std::size_t kAuditPage = 500;

bool fits(const Event& event, const EntryFilter& filter) {
    return (!filter.node || concerns(event, *filter.node)) &&
           (!filter.round || subject_of(event).round == filter.round) &&
           (!filter.since || time_of(event) >= *filter.since);
}

// Asked once a node: most entries are of the same few.
class Names {
public:
    explicit Names(storage::Database& database) : database_(database) {}

    std::string of(const NodeId& node) {
        auto [known, fresh] = names_.try_emplace(node);
        if (!fresh) return known->second;
        known->second = "node " + node.to_text().substr(0, 8);
        auto row = database_.prepare("SELECT name FROM nodes WHERE id = ?");
        if (row && row->bind(node).step().value_or(false) && !row->text(0).empty()) known->second = row->text(0);
        return known->second;
    }

private:
    storage::Database& database_;
    std::map<NodeId, std::string> names_;
};

}  // namespace

Result<std::vector<EntryRow>> History::entries(const EntryFilter& filter, std::size_t limit,
                                               const std::atomic<bool>& stop) const {
    std::vector<EntryRow> found;
    Names names(database_);
    const NodeName name = [&names](const NodeId& node) { return names.of(node); };
    auto rows = SKERRY_TRY(database_.prepare(
        "SELECT version, body FROM journal WHERE stream = ?1 AND version < ?2 AND (?3 = '' OR kind = ?3) "
        "ORDER BY version DESC LIMIT ?4"));
    for (auto before = std::numeric_limits<std::int64_t>::max(); found.size() < limit;) {
        if (stop) return fail(ErrorCode::Unavailable, "stopped before the journal was read to its end");
        rows.bind(kFederationStream, before, filter.kind, kAuditPage);
        std::size_t read = 0;
        for (; found.size() < limit && SKERRY_TRY(rows.step()); ++read) {
            before = rows.int64(0);
            auto event = decode(rows.blob_view(1));
            if (!event)
                return tl::unexpected(std::move(event).error().within("journal entry " + std::to_string(before)));
            if (!fits(*event, filter)) continue;
            const Subject subject = subject_of(*event);
            found.push_back({rows.uint64(0), time_of(*event), std::string(name_of(*event)), subject.node,
                             subject.node ? names.of(*subject.node) : "", subject.round, subject.version,
                             sentence_of(*event, name)});
        }
        if (read < kAuditPage) break;
    }
    return found;
}

}  // namespace skerry::coordinator::ledger
