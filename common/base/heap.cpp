#include "common/base/heap.hpp"

#include <cstddef>
#include <cstdint>

#ifdef __GLIBC__
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace skerry {

#ifdef __GLIBC__
namespace {

// Code is mapped from its file and never written, so the file has all that is dropped.
int give_back_code(dl_phdr_info* object, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
        const auto& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0 || (segment.p_flags & PF_W) != 0) continue;
        const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
        const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
        static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
    }
    return 0;
}

}  // namespace
#endif

void give_back_freed_memory() {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

void give_back_startup_memory() {
    give_back_freed_memory();
#ifdef __GLIBC__
    ::dl_iterate_phdr(give_back_code, nullptr);
#endif
}

void keep_heap_small(int large_bytes) {
#ifdef __GLIBC__
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, large_bytes);  // a fixed one: glibc raises its own with each large buffer that is freed
    ::mallopt(M_TRIM_THRESHOLD, 2 * large_bytes);
#else
    static_cast<void>(large_bytes);
#endif
}

}  // namespace skerry
