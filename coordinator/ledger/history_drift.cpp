#include "coordinator/ledger/history.hpp"
#include "coordinator/ledger/milliseconds.hpp"

namespace skerry::coordinator::ledger {
namespace {

using storage::Statement;

constexpr const char* kColumns =
    "SELECT a.entry, a.node, coalesce(n.name, ''), a.number, a.recorded, a.raised, a.class, a.detector, a.before, "
    "a.after, a.trigger_number, a.global, a.local, a.missed, a.early FROM alarms a LEFT JOIN nodes n ON n.id = a.node ";

AlarmRow alarm_row(const Statement& row) {
    AlarmRow to;
    to.id = row.uint64(0);
    to.node.value = row.array<16>(1).value_or(ByteArray<16>{});
    to.name = row.text(2);
    to.alarm.number = row.uint64(3);
    to.recorded = time_of(row.int64(4));
    to.alarm.at = time_of(row.int64(5));
    if (!row.is_null(6)) to.alarm.label_class = static_cast<std::uint32_t>(row.uint64(6));
    to.alarm.detector = static_cast<DriftDetector>(row.uint64(7) % kDriftDetectors);
    to.alarm.before = row.number(8);
    to.alarm.after = row.number(9);
    to.alarm.trigger = row.uint64(10);
    to.alarm.global.value = row.uint64(11);
    to.alarm.local = row.uint64(12);
    to.missed = row.uint64(13);
    if (!row.is_null(14)) to.early = RoundId{row.uint64(14)};
    return to;
}

}  // namespace

Result<std::vector<AlarmRow>> History::alarms(const AlarmFilter& filter, std::size_t limit) const {
    Statement rows = SKERRY_TRY(database_.prepare(
        std::string(kColumns) +
        "WHERE (?1 IS NULL OR a.node = ?1) AND (?2 IS NULL OR a.recorded >= ?2) ORDER BY a.entry DESC LIMIT ?3"));
    std::optional<std::int64_t> since;
    if (filter.since) since = filter.since->time_since_epoch().count();
    rows.bind(filter.node, since, limit);
    std::vector<AlarmRow> found;
    while (SKERRY_TRY(rows.step()))
        found.push_back(alarm_row(rows));
    return found;
}

Result<AlarmRow> History::alarm(std::uint64_t id) const {
    Statement row = SKERRY_TRY(database_.prepare(std::string(kColumns) + "WHERE a.entry = ?"));
    if (!SKERRY_TRY(row.bind(id).step())) {
        return fail(ErrorCode::NotFound,
                    "no drift alarm " + std::to_string(id) + ": 'skerry drift list' shows those that exist");
    }
    return alarm_row(row);
}

}  // namespace skerry::coordinator::ledger
