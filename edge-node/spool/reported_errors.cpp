#include "edge-node/spool/reported_errors.hpp"

#include <algorithm>
#include <limits>

#include "common/base/limits.hpp"

namespace skerry::node {

static_assert(wire::ErrorCounts::kTypes == feedback::kErrorTypes, "PROTOCOL.md §10 counts them in this order");

void report_errors(const feedback::JudgedCounts& judged, wire::UpdateBody& body) {
    body.confusions.clear();
    body.error_counts.reset();
    if (body.errors > body.labelled || body.errors > std::numeric_limits<std::uint32_t>::max()) return;
    const bool believable = judged.total() <= body.errors;
    wire::ErrorCounts counts;
    std::uint64_t known = 0;
    for (std::size_t type = 0; believable && type < feedback::kErrorTypes; ++type) {
        counts.by_type[type] = static_cast<std::uint32_t>(judged.by_type[type]);
        known += judged.by_type[type];
    }
    counts.by_type[static_cast<std::size_t>(feedback::ErrorType::Unjudged)] +=
        static_cast<std::uint32_t>(body.errors - known);
    std::uint64_t in_pairs = 0;
    for (const feedback::ConfusionCount& pair : judged.pairs) {
        if (!believable || body.confusions.size() == limits::kReportClassPairsMax) break;
        if (pair.truth >= limits::kClassesMax || pair.predicted >= limits::kClassesMax) continue;
        in_pairs += pair.count;
        body.confusions.push_back({static_cast<std::uint16_t>(pair.truth), static_cast<std::uint16_t>(pair.predicted),
                                   static_cast<std::uint32_t>(pair.count)});
    }
    counts.other = static_cast<std::uint32_t>(body.errors - in_pairs);
    body.error_counts = counts;
}

}  // namespace skerry::node
