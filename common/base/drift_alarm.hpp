#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/ids.hpp"
#include "common/base/time.hpp"

namespace skerry {

/// Who has seen that the world changed (feedback/drift). The numbers stand in databases, messages and the ledger: they
/// never change.
enum class DriftDetector : std::uint8_t {
    Adwin = 0,        ///< errors rose, by adaptive windows
    Loss = 1,         ///< one batch's loss is far above its running mean
    PageHinkley = 2,  ///< errors lie above their own mean for long
    Ddm = 3,
    Kswin = 4,
};
inline constexpr std::size_t kDriftDetectors = 5;

/// "adwin", "loss", "page_hinkley", "ddm", "kswin"
[[nodiscard]] std::string_view name_of(DriftDetector detector);

/// Of one node in one report.
inline constexpr std::size_t kReportedAlarmsMax = 8;
inline constexpr std::uint64_t kAlarmNumberMax = 1ULL << 62U;

/// A node's word that its errors have risen. It names no sample.
struct DriftAlarm {
    std::uint64_t number = 0;                    ///< counts the alarms of its node, from 1
    TimePoint at;                                ///< by the node's clock, which may be wrong
    std::optional<std::uint32_t> label_class{};  ///< of the labels that it is about; nothing: all
    DriftDetector detector = DriftDetector::Adwin;
    double before = 0;          ///< share of wrong answers before the change, 0 … 1
    double after = 0;           ///< and since
    std::uint64_t trigger = 0;  ///< of the node's learning, from 1
    ModelVersion global;        ///< what it served: "global.local"
    std::uint64_t local = 0;

    bool operator==(const DriftAlarm&) const = default;
};

}  // namespace skerry
