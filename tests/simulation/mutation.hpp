#pragma once

#include "coordinator/actions.hpp"
#include "tests/simulation/plan.hpp"

namespace skerry::simulation {

/// What a mutated shell makes of the core's actions: the same, but for the planted bug.
void mutate(Mutation mutation, coordinator::Actions& actions, const coordinator::ledger::Events& journal);

/// What a restarted coordinator does first: what resume() says, but for the planted bug.
[[nodiscard]] coordinator::Actions resumed(Mutation mutation, coordinator::Actions actions);

/// What a restarted coordinator reads back: the journal, but for the planted bug.
[[nodiscard]] coordinator::ledger::Events remembered(Mutation mutation, const coordinator::ledger::Events& journal);

}  // namespace skerry::simulation
