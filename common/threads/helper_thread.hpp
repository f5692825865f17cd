#pragma once

namespace skerry {

/// The first thing that a thread does which works for a loop. Signals are the loop's business. And it does not put the
/// loop aside when the loop wakes it (SCHED_BATCH, sched(7)): else the loop, in the middle of a request, stands behind
/// it, and when it sleeps again, perhaps behind whoever of the idle class is owed time, until the next tick of the
/// kernel's clock. `nice` more than the process is. Needs no privilege; where a container forbids it, nothing changes.
void become_helper(int nice = 0);

}  // namespace skerry
