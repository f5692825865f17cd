#pragma once

namespace skerry {

/// For a daemon that shares a small machine: one heap for all threads, and large buffers that go back to the system
/// when they are freed; so does the end of the heap where twice as much is free. Without it glibc keeps a heap for each
/// thread, as large as the most it ever held: 12 of the coordinator's 37 MB after a few rounds. Call it first in
/// main(), before there are threads; later calls, from any thread, change the size. Cost: a buffer of `large_bytes` or
/// more is mapped and cleared each time, some 0.1 ms a MiB, on some virtual machines 2.5 ms; so who uses buffers of one
/// size again and again chooses more than that, and gives memory back when the work is done.
void keep_heap_small(int large_bytes = 128 * 1024);

/// Gives back free pages in the middle of the heap, which freeing leaves there. Whoever allocates meanwhile waits, and
/// what is used again is mapped again. Any thread, at any time. Cost: a walk over the heap's free pieces.
void give_back_freed_memory();

/// Gives back what only starting has used: free pages of the heap, and the code of the program and its libraries. The
/// code's pages stay in the page cache; what is run again is mapped again, some 0.5 µs for each 64 KiB. The kernel does
/// the same under pressure; this is for those who look before. Any thread, at any time.
void give_back_startup_memory();

}  // namespace skerry
