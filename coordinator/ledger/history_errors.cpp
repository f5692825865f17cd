#include <algorithm>

#include "coordinator/ledger/history.hpp"
#include "coordinator/ledger/stored_errors.hpp"

namespace skerry::coordinator::ledger {
namespace {

using storage::Statement;

// Most frequent first.
std::vector<ConfusionRow> sorted(const std::map<ClassPair, std::uint64_t>& pairs) {
    std::vector<ConfusionRow> rows;
    rows.reserve(pairs.size());
    for (const auto& [pair, count] : pairs)
        rows.push_back({pair.first, pair.second, count});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const ConfusionRow& a, const ConfusionRow& b) { return a.count > b.count; });
    return rows;
}

NodeId node_in(const Statement& row, int column) {
    return NodeId{row.array<16>(column).value_or(ByteArray<16>{})};
}

using ByNode = std::map<NodeId, ReportedErrors>;

/// Of all counted updates, from the tables that hold their sums.
Result<ByNode> of_all_time(storage::Database& database) {
    ByNode nodes;
    Statement totals = SKERRY_TRY(database.prepare("SELECT node, counted, labelled, errors, other FROM totals"));
    totals.bind();
    while (SKERRY_TRY(totals.step())) {
        ErrorTally& tally = nodes[node_in(totals, 0)].tally;
        tally.updates = totals.uint64(1);
        tally.labelled = totals.uint64(2);
        tally.errors = totals.uint64(3);
        tally.other = totals.uint64(4);
    }
    Statement types = SKERRY_TRY(database.prepare("SELECT node, type, count FROM error_types"));
    types.bind();
    while (SKERRY_TRY(types.step())) {
        auto& by_type = nodes[node_in(types, 0)].tally.by_type;
        if (types.uint64(1) < by_type.size()) by_type[types.uint64(1)] = types.uint64(2);
    }
    Statement pairs = SKERRY_TRY(database.prepare("SELECT node, truth, predicted, count FROM confusions"));
    pairs.bind();
    while (SKERRY_TRY(pairs.step())) {
        const ClassPair pair{static_cast<std::uint16_t>(pairs.uint64(1)), static_cast<std::uint16_t>(pairs.uint64(2))};
        nodes[node_in(pairs, 0)].pairs[pair] = pairs.uint64(3);
    }
    return nodes;
}

/// Of those that were accepted since, one by one.
Result<ByNode> of_late(storage::Database& database, TimePoint since) {
    ByNode nodes;
    Statement updates = SKERRY_TRY(
        database.prepare("SELECT node, reported_errors FROM updates WHERE accepted >= ? AND version IS NOT NULL"));
    updates.bind(since.time_since_epoch().count());
    while (SKERRY_TRY(updates.step()))
        nodes[node_in(updates, 0)] += SKERRY_TRY(reported_errors(updates.blob_view(1)));
    return nodes;
}

}  // namespace

Result<FleetErrorRows> History::errors(const std::optional<NodeId>& node, const std::optional<TimePoint>& since) const {
    ByNode reported = since ? SKERRY_TRY(of_late(database_, *since)) : SKERRY_TRY(of_all_time(database_));
    FleetErrorRows found;
    ReportedErrors fleet;
    Statement nodes = SKERRY_TRY(database_.prepare("SELECT id, name FROM nodes ORDER BY name, id"));
    nodes.bind();
    while (SKERRY_TRY(nodes.step())) {
        const NodeId id = node_in(nodes, 0);
        if (node && *node != id) continue;
        const ReportedErrors& own = reported[id];
        found.nodes.push_back({id, nodes.text(1), own.tally});
        fleet += own;
    }
    found.fleet = fleet.tally;
    found.pairs = sorted(fleet.pairs);
    return found;
}

}  // namespace skerry::coordinator::ledger
