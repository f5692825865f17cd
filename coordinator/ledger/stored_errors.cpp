#include "coordinator/ledger/stored_errors.hpp"

#include <vector>

namespace skerry::coordinator::ledger {

ReportedErrors& ReportedErrors::operator+=(const ReportedErrors& more) {
    tally += more.tally;
    for (const auto& [pair, count] : more.pairs)
        pairs[pair] += count;
    return *this;
}

Bytes stored_errors(const UpdateAccepted& update) {
    const ErrorTally tally = ErrorTally::of(update);
    ByteWriter out;
    out.put(tally.labelled).put(tally.errors);
    for (const std::uint64_t count : tally.by_type)
        out.put(count);
    out.put(tally.other);
    for (const wire::ClassPairCount& pair : update.confusions)
        out.put(pair.truth).put(pair.predicted).put(std::uint64_t{pair.count});
    return std::move(out).take();
}

Result<ReportedErrors> reported_errors(ByteView stored) {
    ByteReader in(stored);
    ReportedErrors to;
    to.tally.updates = 1;
    to.tally.labelled = in.get<std::uint64_t>();
    to.tally.errors = in.get<std::uint64_t>();
    for (std::uint64_t& count : to.tally.by_type)
        count = in.get<std::uint64_t>();
    to.tally.other = in.get<std::uint64_t>();
    while (in.ok() && in.remaining() > 0) {
        const auto truth = in.get<std::uint16_t>();
        const auto predicted = in.get<std::uint16_t>();
        to.pairs[{truth, predicted}] += in.get<std::uint64_t>();
    }
    if (!in.ok()) {
        return fail(ErrorCode::Internal,
                    "the errors of an update are damaged: make the tables again with "
                    "'skerry-coordinator repair', the coordinator being stopped");
    }
    return to;
}

Result<> count_errors(storage::Database& database, RoundId round) {
    std::map<NodeId, ReportedErrors> nodes;
    {
        auto updates = SKERRY_TRY(database.prepare("SELECT node, reported_errors FROM updates WHERE round = ?"));
        updates.bind(round);
        while (SKERRY_TRY(updates.step())) {
            const NodeId node{SKERRY_TRY(updates.array<16>(0))};
            nodes[node] += SKERRY_TRY(reported_errors(updates.blob_view(1)));
        }
    }
    for (const auto& [node, reported] : nodes) {
        const ErrorTally& tally = reported.tally;
        SKERRY_TRY(
            database.run("INSERT INTO totals (node, counted, labelled, errors, other) VALUES (?, ?, ?, ?, ?) "
                         "ON CONFLICT DO UPDATE SET counted = counted + excluded.counted, "
                         "labelled = labelled + excluded.labelled, errors = errors + excluded.errors, "
                         "other = other + excluded.other",
                         node, tally.updates, tally.labelled, tally.errors, tally.other));
        for (std::size_t type = 0; type < tally.by_type.size(); ++type) {
            if (tally.by_type[type] == 0) continue;
            SKERRY_TRY(
                database.run("INSERT INTO error_types (node, type, count) VALUES (?, ?, ?) "
                             "ON CONFLICT DO UPDATE SET count = count + excluded.count",
                             node, type, tally.by_type[type]));
        }
        for (const auto& [pair, count] : reported.pairs) {
            SKERRY_TRY(
                database.run("INSERT INTO confusions (node, truth, predicted, count) VALUES (?, ?, ?, ?) "
                             "ON CONFLICT DO UPDATE SET count = count + excluded.count",
                             node, pair.first, pair.second, count));
        }
    }
    return {};
}

}  // namespace skerry::coordinator::ledger
