#include "coordinator/ledger/history.hpp"

#include "coordinator/ledger/milliseconds.hpp"

namespace skerry::coordinator::ledger {
namespace {

using storage::Statement;

template <class Id>
void read_id(const Statement& row, int column, Id& id) {
    const auto bytes = row.array<std::tuple_size_v<decltype(id.value)>>(column);
    if (bytes) id.value = *bytes;
}
Digest digest(const Statement& row, int column) {
    return row.array<32>(column).value_or(Digest{});
}
wire::SignedBytes signed_bytes(const Statement& row, int body) {
    return {row.blob(body), row.array<64>(body + 1).value_or(ByteArray<64>{})};
}

constexpr const char* kUpdateColumns =
    "SELECT u.node, u.sequence, coalesce(n.name, ''), u.lease, u.base, u.staleness, u.tier, u.examples, u.weight, "
    "u.bytes, u.content, u.norm, u.labelled, u.errors, u.accepted, coalesce(u.round, u.accepted_round), u.version, "
    "u.receipt, u.receipt_signature, coalesce(u.set_aside, ''), u.held IS NOT NULL FROM updates u LEFT JOIN nodes n ON "
    "n.id = u.node ";

UpdateRow update_row(const Statement& row) {
    UpdateRow to;
    read_id(row, 0, to.update.node);
    to.update.sequence.value = row.uint64(1);
    to.name = row.text(2);
    read_id(row, 3, to.lease);
    to.base.value = row.uint64(4);
    to.staleness = row.uint64(5);
    to.tier = static_cast<Tier>(row.int64(6));
    to.examples = row.uint64(7);
    to.weight = row.uint64(8);
    to.bytes = row.uint64(9);
    to.content = digest(row, 10);
    to.norm = row.number(11);
    to.labelled = row.uint64(12);
    to.errors = row.uint64(13);
    to.accepted = time_of(row.int64(14));
    to.round.value = row.uint64(15);
    if (!row.is_null(16)) to.version = ModelVersion{row.uint64(16)};
    to.receipt = signed_bytes(row, 17);
    to.set_aside = row.text(19);
    to.held = row.int64(20) != 0;
    return to;
}

constexpr const char* kRefusalColumns =
    "SELECT r.node, r.sequence, coalesce(n.name, ''), r.code, r.text, r.bytes, r.content, r.at, r.round "
    "FROM refusals r LEFT JOIN nodes n ON n.id = r.node ";

RefusalRow refusal_row(const Statement& row) {
    RefusalRow to;
    read_id(row, 0, to.update.node);
    to.update.sequence.value = row.uint64(1);
    to.name = row.text(2);
    to.code = static_cast<wire::RefusalCode>(row.int64(3));
    to.text = row.text(4);
    to.bytes = row.uint64(5);
    to.content = digest(row, 6);
    to.at = time_of(row.int64(7));
    to.round.value = row.uint64(8);
    return to;
}

constexpr const char* kRoundColumns =
    "SELECT id, state, opened, deadline, goal, quorum, accepted, frozen, ended, parent, version, weight, sum, reason, "
    "erased, erased_by, (SELECT min(entry) FROM alarms WHERE early = rounds.id), rule, optimiser, "
    "tier_quorum, seed FROM rounds ";

RoundRow round_row(const Statement& row) {
    RoundRow to;
    to.id.value = row.uint64(0);
    to.state = row.text(1);
    to.opened = time_of(row.int64(2));
    to.deadline = time_of(row.int64(3));
    to.goal = row.uint64(4);
    to.quorum = row.uint64(5);
    to.accepted = row.uint64(6);
    if (!row.is_null(7)) to.frozen = time_of(row.int64(7));
    if (!row.is_null(8)) to.ended = time_of(row.int64(8));
    if (!row.is_null(9)) to.parent = ModelVersion{row.uint64(9)};
    if (!row.is_null(10)) to.version = ModelVersion{row.uint64(10)};
    if (!row.is_null(11)) to.weight = row.uint64(11);
    if (!row.is_null(12)) to.sum = digest(row, 12);
    to.reason = row.text(13);
    if (!row.is_null(14)) to.erased = time_of(row.int64(14));
    to.erased_by = row.text(15);
    if (!row.is_null(16)) to.early = row.uint64(16);
    to.recipe = {row.text(17), row.text(18), row.uint64(19)};
    to.seed = digest(row, 20);
    return to;
}

constexpr const char* kVersionColumns =
    "SELECT v.version, v.parent, v.round, v.published, v.updates, v.weight, v.sum, v.weights, v.dropped, v.manifest, "
    "v.manifest_signature, v.optimiser, v.restores, v.reason, t.against, t.began, t.deadline, t.canaries, t.ended, "
    "t.outcome, t.reason, t.samples, t.better, t.worse, t.cheaper, t.dearer, v.restores_from "
    "FROM versions v LEFT JOIN trials t ON t.version = v.version ";

TrialRow trial_row(const Statement& row) {
    TrialRow to;
    to.against.value = row.uint64(14);
    to.began = time_of(row.int64(15));
    to.deadline = time_of(row.int64(16));
    to.canaries = row.uint64(17);
    if (!row.is_null(18)) to.ended = time_of(row.int64(18));
    to.outcome = row.text(19);
    to.reason = row.text(20);
    to.counts = {
        ModelVersion{row.uint64(0)}, row.uint64(21), row.uint64(22), row.uint64(23), row.uint64(24), row.uint64(25)};
    return to;
}

VersionRow version_row(const Statement& row) {
    VersionRow to;
    to.version.value = row.uint64(0);
    to.parent.value = row.uint64(1);
    to.round.value = row.uint64(2);
    to.published = time_of(row.int64(3));
    to.updates = row.uint64(4);
    to.weight = row.uint64(5);
    to.sum = digest(row, 6);
    to.weights = digest(row, 7);
    to.dropped = !row.is_null(8);
    to.manifest = signed_bytes(row, 9);
    if (!row.is_null(11)) to.optimiser = digest(row, 11);
    if (!row.is_null(12)) to.restores = ModelVersion{row.uint64(12)};
    to.restores_from = static_cast<Tier>(row.int64(26));
    to.reason = row.text(13);
    if (!row.is_null(14)) to.trial = trial_row(row);
    return to;
}

template <class Row, class... Values>
Result<std::vector<Row>> all(storage::Database& database, const std::string& sql, Row (*read)(const Statement&),
                             const Values&... values) {
    Statement rows = SKERRY_TRY(database.prepare(sql));
    rows.bind(values...);
    std::vector<Row> found;
    while (SKERRY_TRY(rows.step()))
        found.push_back(read(rows));
    return found;
}

}  // namespace

Result<std::optional<Fate>> History::fate_of(const UpdateId& update) const {
    {
        Statement row = SKERRY_TRY(database_.prepare(
            "SELECT content, receipt, receipt_signature FROM updates WHERE node = ? AND sequence = ?"));
        if (SKERRY_TRY(row.bind(update.node, update.sequence).step())) {
            return Fate{digest(row, 0), Fate::Accepted{signed_bytes(row, 1)}};
        }
    }
    Statement row = SKERRY_TRY(database_.prepare(
        "SELECT content, code, text FROM refusals WHERE node = ? AND sequence = ? ORDER BY entry LIMIT 1"));
    if (!SKERRY_TRY(row.bind(update.node, update.sequence).step())) return std::nullopt;
    return Fate{digest(row, 0), Fate::Refused{static_cast<wire::RefusalCode>(row.int64(1)), row.text(2)}};
}

Result<std::vector<RoundRow>> History::rounds(std::size_t limit) const {
    return all(database_, std::string(kRoundColumns) + "ORDER BY id DESC LIMIT ?", &round_row, limit);
}

Result<RoundRow> History::round(RoundId id) const {
    auto found = SKERRY_TRY(all(database_, std::string(kRoundColumns) + "WHERE id = ?", &round_row, id));
    if (found.empty()) {
        return fail(ErrorCode::NotFound,
                    "no round " + std::to_string(id.value) + ": 'skerry round list' shows those that exist");
    }
    return std::move(found.front());
}

Result<std::vector<UpdateRow>> History::contributors(const RoundRow& round) const {
    const std::string columns = kUpdateColumns;
    if (round.state == "open") {
        return all(
            database_,
            columns + "WHERE u.round IS NULL AND u.set_aside IS NULL AND u.held IS NULL ORDER BY u.node, u.sequence",
            &update_row);
    }
    return all(database_, columns + "WHERE u.round = ? ORDER BY u.node, u.sequence", &update_row, round.id);
}

Result<std::vector<UpdateRow>> History::uncounted(RoundId round) const {
    return all(database_,
               std::string(kUpdateColumns) +
                   "WHERE u.accepted_round = ? AND (u.held IS NOT NULL OR u.set_aside IS NOT NULL) "
                   "ORDER BY u.node, u.sequence",
               &update_row, round);
}

Result<std::vector<RefusalRow>> History::refusals(RoundId round) const {
    return all(database_, std::string(kRefusalColumns) + "WHERE r.round = ? ORDER BY r.entry", &refusal_row, round);
}

Result<std::vector<UpdateRow>> History::set_aside(RoundId round) const {
    return all(database_,
               std::string(kUpdateColumns) +
                   "WHERE u.round IS NULL AND u.set_aside IS NOT NULL AND u.accepted_round = ? "
                   "ORDER BY u.node, u.sequence",
               &update_row, round);
}

// Whoever waits is counted by the first round that is published, or by those after it where a sum has reached its
// limits; the bounds keep the index in use however old the round is.
Result<std::vector<UpdateRow>> History::left_over(RoundId round) const {
    return all(database_,
               std::string(kUpdateColumns) +
                   "WHERE (u.round IS NULL OR (u.round > ?1 AND u.round <= ?1 + 16)) "
                   "AND u.set_aside IS NULL AND u.accepted_round <= ?1 "
                   "ORDER BY u.node, u.sequence LIMIT 1000",
               &update_row, round);
}

Result<std::vector<UpdateRow>> History::updates_of(const NodeId& node, std::size_t limit) const {
    return all(database_, std::string(kUpdateColumns) + "WHERE u.node = ? ORDER BY u.sequence DESC LIMIT ?",
               &update_row, node, limit);
}

Result<std::vector<RefusalRow>> History::refusals_of(const NodeId& node, std::size_t limit) const {
    return all(database_, std::string(kRefusalColumns) + "WHERE r.node = ? ORDER BY r.entry DESC LIMIT ?", &refusal_row,
               node, limit);
}

Result<std::vector<VersionRow>> History::versions(std::size_t limit) const {
    return all(database_, std::string(kVersionColumns) + "ORDER BY v.version DESC LIMIT ?", &version_row, limit);
}

Result<VersionRow> History::version(ModelVersion version) const {
    auto found =
        SKERRY_TRY(all(database_, std::string(kVersionColumns) + "WHERE v.version = ?", &version_row, version));
    if (found.empty()) {
        return fail(ErrorCode::NotFound, "no model version " + std::to_string(version.value) +
                                             ": 'skerry model list' shows those that exist");
    }
    return std::move(found.front());
}

Result<std::vector<History::Erasures>> History::erasures() const {
    Statement rows = SKERRY_TRY(database_.prepare(
        "SELECT erased_by, count(*), max(id) FROM rounds WHERE erased IS NOT NULL GROUP BY erased_by"));
    std::vector<Erasures> found;
    while (SKERRY_TRY(rows.step()))
        found.push_back({rows.text(0), rows.uint64(1), RoundId{rows.uint64(2)}});
    return found;
}

Result<History::Counts> History::counts() const {
    Statement row = SKERRY_TRY(
        database_.prepare("SELECT coalesce(sum(accepted), 0), coalesce(sum(counted), 0), coalesce(sum(set_aside), 0), "
                          "coalesce(sum(refused), 0) FROM totals"));
    SKERRY_TRY(row.bind().step());
    return Counts{row.uint64(0), row.uint64(1), row.uint64(2), row.uint64(3)};
}

}  // namespace skerry::coordinator::ledger
