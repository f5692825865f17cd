#pragma once

namespace skerry {

/// For a daemon that shares a small machine: one heap for all threads, and large buffers that go back to the system
/// when they are freed. Without it glibc keeps a heap for each thread, as large as the most it ever held: 12 of the
/// coordinator's 37 MB after a few rounds. Call it first in main(), before there are threads. Cost: a large buffer is
/// mapped and cleared each time, some 0.1 ms a MiB.
void keep_heap_small();

}  // namespace skerry
