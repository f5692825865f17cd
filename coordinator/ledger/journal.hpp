#pragma once

#include <string_view>
#include <vector>

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator::ledger {

/// How many events a stream holds; event k, from 1, took its stream from version k−1 to k.
using Version = std::uint64_t;

/// The one stream of a federation's coordinator.
inline constexpr std::string_view kFederationStream = "federation";

struct Recorded {
    Version version = 0;
    Event event;
};

/// The append-only history. One append is one transaction: all of its events or none.
/// Errors of all: Unavailable: the disk is full, failing or locked. An append that failed so may or may not have
/// happened: end the process and read back what there is. Internal: the history is damaged; the message says where.
class Journal {
public:
    virtual ~Journal() = default;

    /// Durable when it returns; the new version of the stream.
    /// Conflict: the stream is not at `expected`: somebody else has written to it.
    virtual Result<Version> append(std::string_view stream, Version expected, const Events& events) = 0;

    /// Events after version `after`, at most `max`; fewer only at the end. A hole or a changed entry is Internal.
    [[nodiscard]] virtual Result<std::vector<Recorded>> read(std::string_view stream, Version after,
                                                             std::size_t max) const = 0;
};

}  // namespace skerry::coordinator::ledger
