#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "common/wire/codec.hpp"
#include "common/wire/text.hpp"

/// How a field of a message is checked before it is believed; InvalidInput names it by `what`. For decode.cpp.
namespace skerry::wire::checks {

template <class... Piece>
tl::unexpected<Error> invalid(const Piece&... piece) {
    std::string message;
    (message.append(piece), ...);
    return fail(ErrorCode::InvalidInput, std::move(message));
}

template <std::size_t N>
Result<ByteArray<N>> array(const std::string& field, std::string_view what) {
    return exactly<N>(bytes_of(field), what);
}

inline Result<Bytes> bytes(const std::string& field, std::size_t bytes_max, std::string_view what) {
    if (field.size() > bytes_max) {
        return invalid(what, " has ", std::to_string(field.size()), " bytes, at most ", std::to_string(bytes_max),
                       " are allowed");
    }
    return copy_of(bytes_of(field));
}

inline Result<std::string> text(const std::string& field, std::string_view what,
                                std::size_t bytes_max = limits::kTextMax, LineBreaks breaks = LineBreaks::Refuse) {
    if (field.size() > bytes_max) return invalid(what, " is longer than ", std::to_string(bytes_max), " bytes");
    if (!is_plain_text(field, breaks)) return invalid(what, " is not UTF-8 without control characters");
    return field;
}

// `last` is the highest value that our enum has; the schema counts from 1, and 0 means absent.
template <class Ours>
Result<Ours> choice(int field, Ours last, std::string_view what) {
    if (field < 1 || field > static_cast<int>(last) + 1) {
        return invalid(what, " has the unknown value ", std::to_string(field));
    }
    return static_cast<Ours>(field - 1);
}

inline Result<Tier> tier(int field) {
    return choice(field, Tier::Heavy, "the tier");
}

inline Result<TimePoint> time(std::int64_t field_ms, std::string_view what) {
    const TimePoint time{std::chrono::milliseconds(field_ms)};
    if (time < kTimeMin || time > kTimeMax) return invalid(what, " is not a time between 1970 and 9999");
    return time;
}

inline Result<double> number(double field, double largest, std::string_view what) {
    if (!std::isfinite(field) || field < 0 || field > largest) return invalid(what, " is out of its range");
    return field;
}

// So that first + count cannot overflow, nor index · size of a chunk.
inline Result<std::uint32_t> chunk(std::uint32_t index) {
    if (index >= kTransferChunksMax) return invalid("chunk ", std::to_string(index), " is beyond any transfer");
    return index;
}

inline Result<std::uint32_t> chunk_count(std::uint32_t count) {
    if (count < 1 || count > limits::kChunkCredit) {
        return invalid("asks for ", std::to_string(count), " chunks, must be 1 to ",
                       std::to_string(limits::kChunkCredit));
    }
    return count;
}

}  // namespace skerry::wire::checks
