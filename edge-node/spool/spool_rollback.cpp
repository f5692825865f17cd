#include <algorithm>

#include "edge-node/spool/spool.hpp"

namespace skerry::node {

namespace {

Bytes stored(const RolledBack& done) {
    ByteWriter out;
    out.put(std::int64_t{done.at.time_since_epoch().count()})
        .put(done.version.value)
        .put(done.steps)
        .put(done.withdrawn)
        .put(done.accepted);
    // A program of before there were own heads can then read it where there are none.
    if (done.own_heads) out.put(std::uint8_t{1});
    return std::move(out).take();
}

}  // namespace

Result<> Spool::begin_rollback() {
    return put_number("rolling_back", 1);
}

Result<RolledBack> Spool::finish_rollback(const Totals& totals, TimePoint at) {
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    RolledBack done;
    done.at = at;
    done.own_heads = SKERRY_TRY(has_own_heads());
    done.version.value = SKERRY_TRY(number("installed"));
    const Totals before = SKERRY_TRY(totals_sent());
    done.steps = totals.steps - std::min(totals.steps, before.steps);
    SKERRY_TRY(database_.run("DELETE FROM spool_update WHERE receipt IS NULL"));
    done.withdrawn = static_cast<std::uint64_t>(database_.changes());
    // Not negative progress: what is accepted comes back with the version that counts it, and only so.
    SKERRY_TRY(database_.run("UPDATE spool_update SET slot = NULL"));
    done.accepted = static_cast<std::uint64_t>(database_.changes());
    SKERRY_TRY(put_totals(totals));
    SKERRY_TRY(put_fact("rolled_back", stored(done)));
    SKERRY_TRY(forget_fact("rolling_back"));
    SKERRY_TRY(transaction.commit());
    SKERRY_TRY(release_unused(Spare::Kept));
    return done;
}

Result<std::optional<RolledBack>> Spool::rolled_back() {
    const std::optional<Bytes> value = SKERRY_TRY(fact("rolled_back"));
    if (!value) return std::optional<RolledBack>();
    ByteReader reader(*value);
    RolledBack done;
    done.at = TimePoint(std::chrono::milliseconds(reader.get<std::int64_t>()));
    done.version.value = reader.get<std::uint64_t>();
    done.steps = reader.get<std::uint64_t>();
    done.withdrawn = reader.get<std::uint64_t>();
    done.accepted = reader.get<std::uint64_t>();
    if (reader.remaining() > 0) done.own_heads = reader.get<std::uint8_t>() != 0;
    if (!reader.finished()) {
        return fail(ErrorCode::Internal, "the last rollback in node.db is cut off: restore the node's folder");
    }
    return std::optional(done);
}

}  // namespace skerry::node
