#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/base/drift_alarm.hpp"

/// Included by .cpp files only.
namespace skerry::node {

/// [{"number":3,"at":"…","class":7,"class_name":"seven","detector":"page_hinkley","before":0.04,"after":0.61,
/// "trigger":120,"version":"7.3"}, …]; class and class_name are null where it is about all.
[[nodiscard]] nlohmann::ordered_json alarms_json(std::span<const DriftAlarm> alarms,
                                                 const std::vector<std::string>& classes);

}  // namespace skerry::node
