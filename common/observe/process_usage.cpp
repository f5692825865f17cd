#include "common/observe/process_usage.hpp"

#include <charconv>
#include <ctime>
#include <dirent.h>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace skerry::observe {

namespace {

std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    if (!(file >> total >> resident)) return 0;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t open_descriptors() {
    DIR* folder = ::opendir("/proc/self/fd");
    if (folder == nullptr) return 0;
    std::uint64_t entries = 0;
    while (::readdir(folder) != nullptr)
        ++entries;
    ::closedir(folder);
    return entries - 3;  // ".", ".." and the folder itself
}

/// Field 22 of /proc/self/stat counts clock ticks since boot; the name before it may hold spaces and parentheses.
double started_at() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    std::size_t position = line.rfind(')');
    for (int field = 2; field < 22 && position != std::string::npos; ++field)
        position = line.find(' ', position + 1);
    std::uint64_t ticks = 0;
    if (position == std::string::npos) return 0;
    std::from_chars(line.data() + position + 1, line.data() + line.size(), ticks);
    timespec wall{};
    timespec since_boot{};
    ::clock_gettime(CLOCK_REALTIME, &wall);
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    return static_cast<double>(wall.tv_sec - since_boot.tv_sec) +
           static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessUsage process_usage() {
    static const double start = started_at();  // asked once: a clock that is set later must not move it
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return {.resident_memory_bytes = resident_bytes(),
            .cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime),
            .open_fds = open_descriptors(),
            .start_time_seconds = start};
}

}  // namespace skerry::observe
