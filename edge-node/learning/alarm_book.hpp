#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "common/base/drift_alarm.hpp"

namespace skerry::node {

/// Which of this node's alarms the coordinator has yet to hear of, and what number the next one gets. What is durable
/// is the node's list of alarms; what the coordinator knows, it says again with each announcement.
class AlarmBook {
public:
    /// The newest that are on record, in any order; at most kReportedAlarmsMax of them are of use.
    void restore(std::vector<DriftAlarm> newest);

    /// Gives the alarms their numbers: above all of this node's, and above all that the coordinator knows of it. A node
    /// whose folder is an older copy so numbers nothing twice.
    void number(std::vector<DriftAlarm>& alarms) const;
    /// They have become durable.
    void add(const std::vector<DriftAlarm>& alarms);
    /// The highest number that the coordinator has on record.
    void known(std::uint64_t number);

    /// What a report takes along: the newest that the coordinator does not know, by number.
    [[nodiscard]] std::vector<DriftAlarm> unknown() const;
    /// The newest, by number, whoever knows them.
    [[nodiscard]] const std::deque<DriftAlarm>& newest() const { return newest_; }

private:
    std::deque<DriftAlarm> newest_;
    std::uint64_t known_ = 0;
};

}  // namespace skerry::node
