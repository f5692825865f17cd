#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "common/base/bytes.hpp"
#include "edge-node/learning/engine.hpp"

/// How the daemon and its child skerry-learner talk.
///
/// A socket pair (AF_UNIX, SOCK_SEQPACKET: one frame is one packet) carries small fixed frames; the numbers lie in a
/// SharedMapping whose descriptor travels with each request. The child greets with an answer to Hello; then the daemon
/// asks, one request at a time: Load once, then Forward and Train. Closing the socket ends the child. All fields are
/// little-endian; both sides check every size before they touch the mapping.
///
///   request  magic u32 | version u16 | verb u16 | id u64 | text u64 | parameters u64 | memory u64 | rows u64 |
///            targets u64 | anchor u64 | logits u64 | losses u64 | optimiser steps u64
///   answer   magic u32 | version u16 | verb u16 | id u64 | code u16 | finite u8 | learning rate f32 | message (sized)
///
/// The eight counts are the lengths of the mapping's regions, in this order, each begun at a multiple of 64 bytes:
/// `text` in bytes (Load: the model's canonical text; Train: the plan), all others in floats. `memory` is what the
/// plan's optimiser remembers. Forward fills logits; Train replaces parameters and memory and fills losses.
namespace skerry::node::learner_wire {

inline constexpr std::uint32_t kMagic = 0x4C594B53;  // "SKYL"
inline constexpr std::uint16_t kVersion = 4;
inline constexpr std::size_t kFrameBytesMax = 1024;
inline constexpr std::size_t kMessageBytesMax = 512;
inline constexpr std::size_t kStepsMax = 10'000;
inline constexpr std::size_t kStepRowsMax = 4096;
inline constexpr std::uint64_t kExchangeBytesMax = std::uint64_t{8} << 30U;

enum class Verb : std::uint16_t { Hello = 0, Load = 1, Forward = 2, Train = 3 };

struct Counts {
    std::uint64_t text = 0;
    std::uint64_t parameters = 0;
    std::uint64_t memory = 0;
    std::uint64_t rows = 0;
    std::uint64_t targets = 0;
    std::uint64_t anchor = 0;
    std::uint64_t logits = 0;
    std::uint64_t losses = 0;

    bool operator==(const Counts&) const = default;
};

struct Request {
    Verb verb = Verb::Hello;
    std::uint64_t id = 0;
    Counts counts;
    std::uint64_t optimiser_steps = 0;
};

struct Answer {
    Verb verb = Verb::Hello;
    std::uint64_t id = 0;
    bool ok = true;
    ErrorCode code = ErrorCode::Internal;  ///< where not ok
    bool finite = true;                    ///< Train: nothing overflowed
    float learning_rate = 0;               ///< Train: at the end
    std::string message;                   ///< where not ok
};

/// The regions of one exchange, borrowed from its mapping.
struct Regions {
    std::span<std::byte> text;
    std::span<float> parameters;
    std::span<float> memory;
    std::span<float> rows;
    std::span<float> targets;
    std::span<float> anchor;
    std::span<float> logits;
    std::span<float> losses;
};

/// Bytes that a mapping for these regions needs. InvalidInput: more than kExchangeBytesMax.
[[nodiscard]] Result<std::size_t> bytes_for(const Counts& counts);
/// Lays the regions over a mapping. InvalidInput: it is too small.
[[nodiscard]] Result<Regions> regions_in(std::span<std::byte> mapping, const Counts& counts);

[[nodiscard]] Bytes encode(const Request& request);
[[nodiscard]] Bytes encode(const Answer& answer);
/// InvalidInput: no frame of this version, or of another length.
[[nodiscard]] Result<Request> decode_request(ByteView frame);
[[nodiscard]] Result<Answer> decode_answer(ByteView frame);

[[nodiscard]] Bytes encode(const TrainPlan& plan);
/// What the rows of a plan may refer to.
struct PlanBounds {
    std::size_t rows = 0;
    std::size_t targets = 0;
    std::size_t classes = 0;
};
/// InvalidInput: damaged, beyond the bounds, or with numbers no step can be made with.
[[nodiscard]] Result<TrainPlan> decode_plan(ByteView bytes, const PlanBounds& bounds);

}  // namespace skerry::node::learner_wire
