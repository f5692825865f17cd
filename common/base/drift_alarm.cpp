#include "common/base/drift_alarm.hpp"

#include <array>

namespace skerry {

std::string_view name_of(DriftDetector detector) {
    constexpr std::array<std::string_view, kDriftDetectors> kDetectors = {"adwin", "loss", "page_hinkley", "ddm",
                                                                          "kswin"};
    return kDetectors.at(static_cast<std::size_t>(detector));
}

}  // namespace skerry
