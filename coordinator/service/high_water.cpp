#include "coordinator/service/high_water.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace skerry::coordinator {
namespace {

constexpr int kDigits = 20;  // of any 64-bit number

ledger::Version read(int file) {
    std::array<char, kDigits> text{};
    ledger::Version version = 0;
    if (::pread(file, text.data(), text.size(), 0) != kDigits) return 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    return error == std::errc() && end == text.data() + text.size() ? version : 0;
}

}  // namespace

Result<HighWater> HighWater::open(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) return HighWater(file, read(file));
    return fail(ErrorCode::Unavailable, "opening " + path.string() + ": " + std::system_category().message(errno) +
                                            ": it must belong to the user that the coordinator runs as");
}

HighWater::HighWater(HighWater&& other) noexcept : file_(std::exchange(other.file_, -1)), noted_(other.noted_) {}

HighWater::~HighWater() {
    if (file_ >= 0) ::close(file_);
}

void HighWater::note(ledger::Version version) {
    if (version <= noted_) return;
    std::array<char, kDigits + 2> line{};
    std::snprintf(line.data(), line.size(), "%020llu\n", static_cast<unsigned long long>(version));
    if (::pwrite(file_, line.data(), kDigits + 1, 0) == kDigits + 1) noted_ = version;
}

}  // namespace skerry::coordinator
