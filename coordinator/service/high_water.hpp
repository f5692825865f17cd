#pragma once

#include <filesystem>

#include "coordinator/ledger/journal.hpp"

namespace skerry::coordinator {

/// How far the journal has ever come, in a file of its own: a history.db that was restored alone from an older copy
/// shows by it. Written at each commit without a flush: after a power cut it may be behind, never ahead.
class HighWater {
public:
    /// Opens or makes the file. Unavailable: it cannot be.
    [[nodiscard]] static Result<HighWater> open(const std::filesystem::path& path);

    HighWater(HighWater&& other) noexcept;
    HighWater& operator=(HighWater&&) = delete;
    ~HighWater();

    /// 0: nothing was ever noted, or it could not be read.
    [[nodiscard]] ledger::Version noted() const { return noted_; }
    /// Only ever rises. Best effort.
    void note(ledger::Version version);

private:
    HighWater(int file, ledger::Version noted) : file_(file), noted_(noted) {}
    int file_;
    ledger::Version noted_;
};

}  // namespace skerry::coordinator
