#pragma once

#include <vector>

#include "tests/simulation/dice.hpp"

namespace skerry::simulation {

/// One file as a kernel keeps it: what processes read, and what is sure to be on the disk. What was written since the
/// last sync is in between. A power cut leaves of each sector what some moment since then has made of it, another one
/// for each: so writes overtake each other, and are torn.
class FaultyFile {
public:
    /// What every process sees.
    [[nodiscard]] const Bytes& bytes() const { return now_; }

    void write(std::uint64_t offset, ByteView bytes);
    void truncate(std::uint64_t size);
    void sync();
    /// The flush fails. As Linux does it, what was to be flushed counts as flushed from here on: it is still seen, but
    /// no later sync brings it to the disk ("Can Applications Recover from fsync Failures?", Rebello et al. 2020).
    void fail_sync(Dice& dice, std::size_t sector_bytes);
    void cut_power(Dice& dice, std::size_t sector_bytes);

private:
    struct Change {
        std::uint64_t offset = 0;
        Bytes bytes;             ///< written there
        bool truncates = false;  ///< or: the file ends there
    };

    [[nodiscard]] Bytes survivors(Dice& dice, std::size_t sector_bytes) const;

    Bytes now_, durable_;
    std::vector<Change> unsynced_;  ///< in their order
};

}  // namespace skerry::simulation
