#pragma once

#include "common/wire/sealed_update.hpp"
#include "feedback/error_log.hpp"

namespace skerry::node {

/// Says in `body`, whose `labelled` and `errors` stand, of which types and class pairs the errors are: what `judged`
/// counts. Those that it does not know (their rows have left the error log) are unjudged, and in no pair. Where it
/// counts more than there are, the two stores are not of the same time: then all are. Says nothing where there are more
/// errors than the format can count.
void report_errors(const feedback::JudgedCounts& judged, wire::UpdateBody& body);

}  // namespace skerry::node
