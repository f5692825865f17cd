#include "feedback/drift_log.hpp"

#include <string>

#include "feedback/stored_time.hpp"

namespace skerry::feedback {

Result<> DriftLog::append(std::span<const DriftAlarm> alarms) {
    if (alarms.empty()) return {};
    auto insert = SKERRY_TRY(database_->prepare(
        "INSERT INTO drift_alarm (number, at, class, detector, before, after, trigger_number, global, local) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO NOTHING"));
    for (const DriftAlarm& alarm : alarms) {
        insert.reset().bind(alarm.number, milliseconds_of(alarm.at), alarm.label_class,
                            static_cast<std::int64_t>(alarm.detector), alarm.before, alarm.after, alarm.trigger,
                            alarm.global, alarm.local);
        SKERRY_TRY(insert.run());
        if (database_->changes() != 1) {
            return fail(ErrorCode::Conflict, "drift alarm " + std::to_string(alarm.number) + " is on record already");
        }
    }
    return database_->run(
        "DELETE FROM drift_alarm WHERE number < "
        "(SELECT number FROM drift_alarm ORDER BY number DESC LIMIT 1 OFFSET ?)",
        kRowsMax - 1);
}

Result<DriftLog::Page> DriftLog::list(std::uint64_t before, std::size_t count_max) {
    Page page;
    {
        auto count = SKERRY_TRY(database_->prepare("SELECT count(*) FROM drift_alarm"));
        static_cast<void>(SKERRY_TRY(count.step()));
        page.kept = count.uint64(0);
    }
    auto rows = SKERRY_TRY(database_->prepare(
        "SELECT number, at, class, detector, before, after, trigger_number, global, local FROM drift_alarm "
        "WHERE ?1 = 0 OR number < ?1 ORDER BY number DESC LIMIT ?2"));
    rows.bind(before, count_max);
    while (SKERRY_TRY(rows.step())) {
        DriftAlarm& alarm = page.alarms.emplace_back();
        alarm.number = rows.uint64(0);
        alarm.at = time_of(rows.int64(1));
        if (!rows.is_null(2)) alarm.label_class = static_cast<std::uint32_t>(rows.uint64(2));
        alarm.detector = static_cast<DriftDetector>(rows.uint64(3) % kDriftDetectors);
        alarm.before = rows.number(4);
        alarm.after = rows.number(5);
        alarm.trigger = rows.uint64(6);
        alarm.global.value = rows.uint64(7);
        alarm.local = rows.uint64(8);
    }
    return page;
}

}  // namespace skerry::feedback
