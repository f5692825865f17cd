#pragma once

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator {

/// One `event=…` line for each thing that has become durable. Secrets are in no event.
void log_event(const ledger::Event& event);

}  // namespace skerry::coordinator
