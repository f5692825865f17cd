#include "edge-node/learning/alarm_book.hpp"

#include <algorithm>
#include <iterator>

namespace skerry::node {

void AlarmBook::restore(std::vector<DriftAlarm> newest) {
    std::sort(newest.begin(), newest.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
    newest_.clear();
    add(newest);
}

void AlarmBook::number(std::vector<DriftAlarm>& alarms) const {
    std::uint64_t last = std::max(known_, newest_.empty() ? 0 : newest_.back().number);
    for (DriftAlarm& alarm : alarms)
        alarm.number = ++last;
}

void AlarmBook::add(const std::vector<DriftAlarm>& alarms) {
    newest_.insert(newest_.end(), alarms.begin(), alarms.end());
    while (newest_.size() > kReportedAlarmsMax)
        newest_.pop_front();
}

void AlarmBook::known(std::uint64_t number) {
    known_ = std::max(known_, number);
}

std::vector<DriftAlarm> AlarmBook::unknown() const {
    std::vector<DriftAlarm> unknown;
    std::copy_if(newest_.begin(), newest_.end(), std::back_inserter(unknown),
                 [this](const DriftAlarm& alarm) { return alarm.number > known_; });
    return unknown;
}

}  // namespace skerry::node
