#include "feedback/pending_ring.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <type_traits>
#include <unistd.h>

#include "common/base/file_descriptor.hpp"
#include "common/base/limits.hpp"

namespace skerry::feedback {
namespace {

// File: one page of head, then the slots.
//   head  magic u64 | slot bytes u64 | slots u64 | sample bytes u64 | checksum u64
//   slot  checksum u64 | order u64 | at i64 | global u64 | local u64 | probability f32 | margin f32 | score f32 |
//         predicted u32 | tier u8 | waits u8 (2: under a reused id) | id bytes u8 | id [kRequestIdBytesMax] | sample
constexpr std::uint64_t kMagic = 0x31474E4952594B53ULL;  // "SKYRING1"
constexpr std::size_t kHeadBytes = 4096;
constexpr std::chrono::hours kBelievedAge{365 * 24};
/// Slots are written once in a round of the ring: mapped longer, they would count as this process's memory.
constexpr std::size_t kMappedBytes = std::size_t{1} << 20U;
constexpr std::uint8_t kWaits = 1;
constexpr std::uint8_t kWaitsReused = 2;
constexpr std::size_t kFixedBytes = 8 + 8 + 8 + 8 + 8 + 4 * 4 + 3 + limits::kRequestIdBytesMax;
static_assert(limits::kRequestIdBytesMax <= 255, "the id's length is one byte");

constexpr std::size_t slot_bytes_for(std::size_t sample_bytes) {
    return (kFixedBytes + sample_bytes + 63) / 64 * 64;  // whole cache lines
}

// Tells a torn slot from a whole one; no defence against an enemy, who could as well write a valid slot.
std::uint64_t checksum_of(ByteView bytes) {
    std::uint64_t sum = 0x9E3779B97F4A7C15ULL ^ bytes.size();
    const auto mix = [&sum](std::uint64_t word) {
        sum = (sum ^ word) * 0xFF51AFD7ED558CCDULL;
        sum ^= sum >> 32U;
    };
    while (bytes.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        mix(word);
        bytes = bytes.subspan(8);
    }
    for (const std::byte b : bytes)
        mix(std::to_integer<std::uint64_t>(b));
    return sum;
}

std::string reason() {
    return std::generic_category().message(errno);
}

/// Puts fields one after the other into the mapping.
class FieldWriter {
public:
    explicit FieldWriter(std::byte* at) : at_(at) {}

    template <class T>
    requires std::is_arithmetic_v<T> FieldWriter& put(T value) { return put(std::as_bytes(std::span(&value, 1))); }
    FieldWriter& put(ByteView bytes) {
        std::copy(bytes.begin(), bytes.end(), at_);
        at_ += bytes.size();
        return *this;
    }

private:
    std::byte* at_;
};

Bytes head_for(std::size_t slot_bytes, std::size_t slots, std::size_t sample_bytes) {
    ByteWriter head;
    head.put(kMagic).put(std::uint64_t{slot_bytes}).put(std::uint64_t{slots}).put(std::uint64_t{sample_bytes});
    head.put(checksum_of(head.bytes()));
    return std::move(head).take();
}

}  // namespace

std::vector<std::string> PendingConfig::problems() const {
    std::vector<std::string> problems;
    if (rows_max < 1 || rows_max > 10'000'000) problems.emplace_back("pending.rows_max must be 1 … 10,000,000");
    if (bytes_max < 4096) problems.emplace_back("pending.bytes_max must be at least 4 KiB");
    if (age_max < std::chrono::seconds(1)) problems.emplace_back("pending.age_max must be at least one second");
    return problems;
}

PendingRing::Mapping::~Mapping() {
    ::munmap(base, bytes);
}

PendingRing::PendingRing(std::unique_ptr<Mapping> mapping, const PendingConfig& config, std::size_t sample_bytes,
                         std::size_t slots)
    : mapping_(std::move(mapping)),
      age_max_(config.age_max),
      sample_bytes_(sample_bytes),
      slot_bytes_(slot_bytes_for(sample_bytes)),
      slots_(slots) {}

Result<PendingRing> PendingRing::open(const std::filesystem::path& path, const PendingConfig& config,
                                      std::size_t sample_bytes) {
    const std::size_t slot_bytes = slot_bytes_for(sample_bytes);
    const std::size_t slots = std::min(config.rows_max, config.bytes_max / slot_bytes);
    if (slots == 0) {
        return fail(ErrorCode::InvalidInput,
                    "no sample of " + std::to_string(sample_bytes) +
                        " bytes fits into pending.bytes_max = " + std::to_string(config.bytes_max) + ": raise it");
    }
    const std::size_t bytes = kHeadBytes + slots * slot_bytes;
    const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const auto failed = [&path](std::string_view what) {
        return fail(ErrorCode::Unavailable,
                    std::string(what) + " the ring of waiting requests " + path.string() + ": " + reason());
    };
    if (file.number() < 0) return failed("opening");

    const Bytes expected = head_for(slot_bytes, slots, sample_bytes);
    Bytes found(expected.size());
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) return failed("reading");
    const bool same = static_cast<std::size_t>(status.st_size) == bytes &&
                      ::pread(file.number(), found.data(), found.size(), 0) == static_cast<ssize_t>(found.size()) &&
                      found == expected;
    if (!same && ::ftruncate(file.number(), 0) != 0) return failed("emptying");
    if (const int error = ::posix_fallocate(file.number(), 0, static_cast<off_t>(bytes)); error != 0) {
        errno = error;
        return failed("taking the space of");
    }
    void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
    if (base == MAP_FAILED) return failed("mapping");
    auto mapping = std::make_unique<Mapping>(static_cast<std::byte*>(base), bytes);
    if (!same) std::memcpy(mapping->base, expected.data(), expected.size());

    PendingRing ring(std::move(mapping), config, sample_bytes, slots);
    ring.rebuild_index();
    return ring;
}

std::byte* PendingRing::slot_at(std::size_t slot) const {
    return mapping_->base + kHeadBytes + slot * slot_bytes_;
}

/// What a slot holds, borrowed from the mapping.
struct PendingRing::Slot {
    std::uint64_t order = 0;
    TimePoint at;
    SnapshotVersion version;
    float probability = 0, margin = 0, score = 0;
    std::uint32_t predicted = 0;
    Tier tier = Tier::Light;
    std::uint8_t waits = 0;  ///< 0: its prediction is done with, and only its order still counts
    std::string_view request;
    ByteView sample;
};

std::optional<PendingRing::Slot> PendingRing::read(std::size_t slot) const {
    const ByteView bytes(slot_at(slot), kFixedBytes + sample_bytes_);
    ByteReader reader(bytes);
    if (reader.get<std::uint64_t>() != checksum_of(bytes.subspan(8))) return std::nullopt;
    Slot held;
    held.order = reader.get<std::uint64_t>();
    held.at = TimePoint(std::chrono::milliseconds(reader.get<std::int64_t>()));
    held.version.global.value = reader.get<std::uint64_t>();
    held.version.local = reader.get<std::uint64_t>();
    held.probability = reader.get<float>();
    held.margin = reader.get<float>();
    held.score = reader.get<float>();
    held.predicted = reader.get<std::uint32_t>();
    const auto tier = reader.get<std::uint8_t>();
    held.waits = reader.get<std::uint8_t>();
    const auto id_bytes = reader.get<std::uint8_t>();
    const ByteView id = reader.get_bytes(limits::kRequestIdBytesMax);
    if (tier >= kTiers || id_bytes > limits::kRequestIdBytesMax) return std::nullopt;
    held.tier = static_cast<Tier>(tier);
    held.request = text_of(id.first(id_bytes));
    held.sample = reader.get_bytes(sample_bytes_);
    return held;
}

void PendingRing::rebuild_index() {
    for (std::size_t slot = 0; slot < slots_; ++slot) {
        const auto held = read(slot);
        if (!held) continue;
        next_order_ = std::max(next_order_, held->order + 1);
        if (held->waits == 0 || held->request.empty() || held->order % slots_ != slot) continue;
        const auto [known, first] = slot_of_.try_emplace(std::string(held->request), slot);
        if (first) continue;
        // A power cut can keep the page of a prediction whose id was used again: the newest has it.
        const auto other = read(known->second);
        const bool newer = !other || other->order < held->order;
        free_slot(newer ? known->second : slot);
        if (newer) known->second = slot;
    }
    oldest_order_ = next_order_ > slots_ ? next_order_ - slots_ : 1;
    let_pages_go();  // every slot was read, few are needed soon
}

// To the kernel's cache, where their bytes stay.
void PendingRing::let_pages_go() {
    ::madvise(mapping_->base, mapping_->bytes, MADV_DONTNEED);
    touched_ = 0;
}

Result<bool> PendingRing::push(const Prediction& prediction) {
    if (prediction.request.empty() || prediction.request.size() > limits::kRequestIdBytesMax) {
        return fail(ErrorCode::InvalidInput,
                    "a request id has 1 to " + std::to_string(limits::kRequestIdBytesMax) + " bytes");
    }
    if (prediction.sample.size() != sample_bytes_ || prediction.order < next_order_) {
        return fail(ErrorCode::InvalidInput, "the sample has another size, or its order has been used");
    }
    const std::size_t slot = prediction.order % slots_;
    if (const auto oldest = read(slot); oldest && oldest->waits != 0) {
        const auto age = prediction.at - oldest->at;
        pushed_out_ += age <= age_max_ ? 1 : 0;
        let_go(oldest->request, slot);
    }
    const auto same_id = slot_of_.find(prediction.request);
    const bool reused = same_id != slot_of_.end();
    if (reused) {
        free_slot(same_id->second);
        same_id->second = slot;
        ++replaced_;
    } else {
        slot_of_.emplace(prediction.request, slot);
    }

    const ByteArray<limits::kRequestIdBytesMax> padding{};
    std::byte* const bytes = slot_at(slot);
    FieldWriter(bytes + sizeof(std::uint64_t))
        .put(prediction.order)
        .put(std::int64_t{prediction.at.time_since_epoch().count()})
        .put(prediction.version.global.value)
        .put(prediction.version.local)
        .put(prediction.probability)
        .put(prediction.margin)
        .put(prediction.score)
        .put(prediction.predicted)
        .put(static_cast<std::uint8_t>(prediction.tier))
        .put(reused ? kWaitsReused : kWaits)
        .put(static_cast<std::uint8_t>(prediction.request.size()))
        .put(bytes_of(prediction.request))
        .put(ByteView(padding).first(padding.size() - prediction.request.size()))
        .put(ByteView(prediction.sample));
    // A process killed between the two leaves a slot whose checksum does not hold.
    std::atomic_signal_fence(std::memory_order_release);
    put_checksum(slot);
    next_order_ = prediction.order + 1;
    touched_ += slot_bytes_;
    if (touched_ >= kMappedBytes) let_pages_go();
    return reused;
}

std::optional<Prediction> PendingRing::find(std::string_view request) const {
    const auto found = slot_of_.find(request);
    const auto held = found == slot_of_.end() ? std::nullopt : read(found->second);
    if (!held) return std::nullopt;
    Prediction prediction;
    prediction.request = held->request;
    prediction.order = held->order;
    prediction.at = held->at;
    prediction.version = held->version;
    prediction.tier = held->tier;
    prediction.predicted = held->predicted;
    prediction.probability = held->probability;
    prediction.margin = held->margin;
    prediction.score = held->score;
    prediction.id_reused = held->waits == kWaitsReused;
    prediction.sample = copy_of(held->sample);
    return prediction;
}

void PendingRing::remove(std::string_view request, std::uint64_t order) {
    const auto found = slot_of_.find(request);
    if (found == slot_of_.end()) return;
    if (const auto held = read(found->second); held && held->order != order) return;
    free_slot(found->second);
    slot_of_.erase(found);
}

void PendingRing::free_slot(std::size_t slot) {
    constexpr std::size_t kWaitsOffset = 8 + 8 + 8 + 8 + 8 + 4 * 4 + 1;
    slot_at(slot)[kWaitsOffset] = std::byte{0};
    put_checksum(slot);
}

void PendingRing::put_checksum(std::size_t slot) {
    std::byte* const bytes = slot_at(slot);
    FieldWriter(bytes).put(checksum_of({bytes + sizeof(std::uint64_t), kFixedBytes - 8 + sample_bytes_}));
}

void PendingRing::let_go(std::string_view request, std::size_t slot) {
    const auto found = slot_of_.find(request);
    if (found != slot_of_.end() && found->second == slot) slot_of_.erase(found);
    ++expired_;
    const std::size_t hash = IdHash()(request);
    expired_queue_.push_back(hash);
    expired_ids_.insert(hash);
    if (expired_queue_.size() <= slots_) return;
    expired_ids_.erase(expired_ids_.find(expired_queue_.front()));
    expired_queue_.pop_front();
}

void PendingRing::expire(TimePoint now) {
    // Slots follow the order of prediction, so the walk ends at the first that is young enough.
    if (next_order_ > slots_) oldest_order_ = std::max(oldest_order_, next_order_ - slots_);
    for (; oldest_order_ < next_order_; ++oldest_order_) {
        const std::size_t slot = oldest_order_ % slots_;
        const auto held = read(slot);
        if (!held || held->waits == 0 || held->order != oldest_order_) continue;
        const auto age = now - held->at;
        if (age <= age_max_) return;
        // So old only because a clock was set: nobody knows its age, so only room counts.
        if (age - age_max_ >= kBelievedAge) continue;
        let_go(held->request, slot);
        free_slot(slot);
    }
}

bool PendingRing::has_expired(std::string_view request) const {
    return expired_ids_.contains(IdHash()(request));
}

}  // namespace skerry::feedback
