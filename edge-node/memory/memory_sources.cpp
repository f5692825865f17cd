#include "edge-node/memory/memory_sources.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

namespace skerry::node {
namespace {

std::optional<std::string> text_of_file(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in) return std::nullopt;
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (in.bad()) return std::nullopt;
    return text;
}

/// The number behind blanks at the beginning of `text`.
std::optional<std::uint64_t> leading_number(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data() + begin, text.data() + text.size(), number);
    if (read.ec != std::errc()) return std::nullopt;
    return number;
}

/// The number behind the first `name`, which begins a line or follows a blank.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view name) {
    for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        const bool begins = at == 0 || text[at - 1] == '\n' || text[at - 1] == ' ';
        if (begins) return leading_number(text.substr(at + name.size()));
    }
    return std::nullopt;
}

std::optional<std::uint64_t> product(std::uint64_t a, std::uint64_t b) {
    if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) return std::nullopt;
    return a * b;
}

std::optional<std::uint64_t> memory_of_process(pid_t process) {
    const auto text = text_of_file("/proc/" + std::to_string(process) + "/status");
    return text ? memory_in_status(*text) : std::nullopt;
}

std::optional<std::chrono::microseconds> stalled_of_machine() {
    const auto text = text_of_file("/proc/pressure/memory");
    return text ? stalled_in_pressure(*text) : std::nullopt;
}

}  // namespace

MemorySources MemorySources::of_system() {
    return {memory_of_process, stalled_of_machine};
}

std::optional<std::uint64_t> memory_in_status(std::string_view text) {
    const auto anonymous = number_after(text, "RssAnon:");
    const auto shared = number_after(text, "RssShmem:");
    if (!anonymous || !shared || *anonymous > std::numeric_limits<std::uint64_t>::max() - *shared) return std::nullopt;
    return product(*anonymous + *shared, 1024);
}

std::optional<std::chrono::microseconds> stalled_in_pressure(std::string_view text) {
    if (!text.starts_with("some ")) return std::nullopt;
    const auto total = number_after(text.substr(0, text.find('\n')), "total=");
    if (!total || *total > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return std::chrono::microseconds(static_cast<std::int64_t>(*total));
}

std::optional<std::uint64_t> cgroup_limit(const std::filesystem::path& membership, const std::filesystem::path& mount) {
    const auto groups = text_of_file(membership);
    if (!groups) return std::nullopt;
    constexpr std::string_view kVersion2 = "0::/";
    const std::size_t line = groups->starts_with(kVersion2) ? 0 : groups->find("\n" + std::string(kVersion2));
    if (line == std::string::npos) return std::nullopt;
    const std::size_t begin = groups->find(kVersion2, line) + kVersion2.size();
    std::filesystem::path group = groups->substr(begin, groups->find('\n', begin) - begin);
    std::optional<std::uint64_t> least;
    for (;;) {
        for (const char* file : {"memory.max", "memory.high"}) {
            const auto text = text_of_file(mount / group / file);
            const auto limit = text ? leading_number(*text) : std::nullopt;  // none: the text is "max"
            if (limit) least = std::min(least.value_or(*limit), *limit);
        }
        if (group.empty()) return least;
        group = group.parent_path();
    }
}

}  // namespace skerry::node
