#pragma once

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator::ledger {

/// One event as ledger.proto stores it.
[[nodiscard]] Bytes encode(const Event& event);

/// InvalidInput: damaged, or of a kind that this program does not know.
[[nodiscard]] Result<Event> decode(ByteView bytes);

}  // namespace skerry::coordinator::ledger
