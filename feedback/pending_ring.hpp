#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "feedback/prediction.hpp"

namespace skerry::feedback {

struct PendingConfig {
    /// How many answered requests may wait for their label; the oldest makes room for the newest.
    std::size_t rows_max = 20'000;
    /// The same bound in bytes: whichever is reached first.
    std::size_t bytes_max = 64U << 20U;
    /// A label that comes later than this finds its request gone.
    std::chrono::seconds age_max{7 * 24 * 3600};

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

/// Predictions that wait for their label: a ring of fixed slots in a mapped file.
///
/// Never synced: what was written survives the death of the process (the kernel holds the pages), a power cut may lose
/// the newest; flash memory lives the longer for it. A slot carries a checksum, so a torn one is not found again. The
/// space is taken at open, so that a full disk is an error sentence there and not a SIGBUS later.
/// Memory: the index, about 100 bytes a waiting request, and a few MB of pages in use. One thread at a time.
class PendingRing {
public:
    /// Opens or creates; every sample has `sample_bytes`. A file for other slots (another model, other limits) or with
    /// a damaged head is begun anew: those requests can no longer be learned from. InvalidInput: not one slot fits into
    /// config.bytes_max. Unavailable: the file cannot be made or mapped.
    [[nodiscard]] static Result<PendingRing> open(const std::filesystem::path& path, const PendingConfig& config,
                                                  std::size_t sample_bytes);

    /// Keeps one prediction, pushing out the oldest where the ring is full. `prediction.order` is next_order() or
    /// above. True: one waited under the same id already and was let go, since a label can only mean the newest: a
    /// client that uses an id again has forgotten the older one, or has asked again because it heard no answer.
    /// InvalidInput: the id is empty or too long, the sample's size is another, or the order is below next_order().
    Result<bool> push(const Prediction& prediction);

    /// The waiting prediction, copied out; nothing when it is not here.
    [[nodiscard]] std::optional<Prediction> find(std::string_view request) const;
    /// Its label is durable: the slot is free. Nothing happens where another prediction has taken the id meanwhile.
    void remove(std::string_view request, std::uint64_t order);
    /// Lets go what is older than the age limit, unless by more than a year: then it was a clock that jumped.
    void expire(TimePoint now);

    /// It was pushed out unlabelled. Remembers as many of the newest as there are slots; forgotten by a restart.
    [[nodiscard]] bool has_expired(std::string_view request) const;
    /// Greater than every order that was ever kept here: orders go on after a restart.
    [[nodiscard]] std::uint64_t next_order() const { return next_order_; }
    [[nodiscard]] std::size_t waiting() const { return slot_of_.size(); }
    [[nodiscard]] std::size_t capacity() const { return slots_; }
    /// Predictions let go without a label since this object was opened.
    [[nodiscard]] std::uint64_t expired() const { return expired_; }
    /// Of these, those that were young enough and made room for newer ones.
    [[nodiscard]] std::uint64_t pushed_out() const { return pushed_out_; }
    /// Predictions let go since then because their id was used again.
    [[nodiscard]] std::uint64_t replaced() const { return replaced_; }

private:
    struct IdHash {
        using is_transparent = void;  // an id is looked up where it lies
        std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>{}(id); }
    };
    struct Mapping {  // unmaps in its destructor
        Mapping(std::byte* first, std::size_t count) : base(first), bytes(count) {}
        Mapping(const Mapping&) = delete;
        Mapping& operator=(const Mapping&) = delete;
        ~Mapping();
        std::byte* base;
        std::size_t bytes;
    };

    PendingRing(std::unique_ptr<Mapping> mapping, const PendingConfig& config, std::size_t sample_bytes,
                std::size_t slots);
    void rebuild_index();
    [[nodiscard]] std::byte* slot_at(std::size_t slot) const;
    struct Slot;
    /// Nothing: it is torn, or was never written.
    [[nodiscard]] std::optional<Slot> read(std::size_t slot) const;
    void let_pages_go();
    void free_slot(std::size_t slot);
    void put_checksum(std::size_t slot);
    /// Out of the index, and remembered as expired; `request` is what the slot holds.
    void let_go(std::string_view request, std::size_t slot);

    std::unique_ptr<Mapping> mapping_;
    std::chrono::seconds age_max_;
    std::size_t sample_bytes_;
    std::size_t slot_bytes_;
    std::size_t slots_;
    std::unordered_map<std::string, std::size_t, IdHash, std::equal_to<>> slot_of_;
    std::size_t touched_ = 0;  ///< bytes written since pages were let go
    std::uint64_t next_order_ = 1;
    std::uint64_t oldest_order_ = 1;  ///< nothing older waits
    std::uint64_t expired_ = 0;
    std::uint64_t pushed_out_ = 0;
    std::uint64_t replaced_ = 0;
    std::deque<std::size_t> expired_queue_;  ///< hashes, the oldest first
    std::unordered_multiset<std::size_t> expired_ids_;
};

}  // namespace skerry::feedback
