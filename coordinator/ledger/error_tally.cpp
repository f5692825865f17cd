#include "coordinator/ledger/error_tally.hpp"

#include <algorithm>

namespace skerry::coordinator::ledger {

static_assert(wire::ErrorCounts::kTypes == feedback::kErrorTypes, "PROTOCOL.md §10 counts them in this order");

ErrorTally& ErrorTally::operator+=(const ErrorTally& more) {
    updates += more.updates;
    labelled += more.labelled;
    errors += more.errors;
    for (std::size_t type = 0; type < by_type.size(); ++type)
        by_type[type] += more.by_type[type];
    other += more.other;
    return *this;
}

ErrorTally ErrorTally::of(const UpdateAccepted& update) {
    ErrorTally tally;
    tally.updates = 1;
    tally.labelled = update.labelled;
    tally.errors = update.errors;
    if (update.error_counts) {
        std::copy(update.error_counts->by_type.begin(), update.error_counts->by_type.end(), tally.by_type.begin());
        tally.other = update.error_counts->other;
        return tally;
    }
    std::uint64_t in_pairs = 0;
    for (const wire::ClassPairCount& pair : update.confusions)
        in_pairs += pair.count;
    tally.by_type[static_cast<std::size_t>(feedback::ErrorType::Unjudged)] = update.errors;
    tally.other = update.errors - std::min(update.errors, in_pairs);
    return tally;
}

}  // namespace skerry::coordinator::ledger
