#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"

namespace skerry {

/// A number that means one thing: swapping a RoundId and a ModelVersion does not compile.
template <class Tag>
struct NumberId {
    std::uint64_t value = 0;

    auto operator<=>(const NumberId&) const = default;
    [[nodiscard]] NumberId next() const { return NumberId{value + 1}; }
};

/// An opaque name of N bytes, written in hexadecimal.
template <class Tag, std::size_t N>
struct BytesId {
    ByteArray<N> value{};

    auto operator<=>(const BytesId&) const = default;
    [[nodiscard]] std::string to_text() const { return to_hex(value); }
    /// InvalidInput: not 2·N hexadecimal digits.
    [[nodiscard]] static Result<BytesId> parse(std::string_view text) {
        const Bytes bytes = SKERRY_TRY(from_hex(text));
        return BytesId{SKERRY_TRY(exactly<N>(bytes, "the id"))};
    }
};

/// A training round, counted from 1.
using RoundId = NumberId<struct RoundTag>;
/// A published model version; grows by one each time and never goes back. 0: none yet. 1: the initial weights.
using ModelVersion = NumberId<struct ModelVersionTag>;
/// A node's updates, counted from 1; durable on the node, so (node, sequence) names one update for ever.
using Sequence = NumberId<struct SequenceTag>;
/// The first 16 bytes of SHA-256 over the node's Ed25519 public key.
using NodeId = BytesId<struct NodeTag, 16>;
/// The coordinator's one-use permission to contribute; random.
using LeaseId = BytesId<struct LeaseTag, 16>;
/// The public half of a join token, safe to log; random.
using TokenId = BytesId<struct TokenTag, 6>;

/// Names one update for ever, and with it its one fate.
struct UpdateId {
    NodeId node;
    Sequence sequence;

    auto operator<=>(const UpdateId&) const = default;
};

/// How much of the network answers or is held: each tier is a prefix of the next.
enum class Tier : std::uint8_t { Light = 0, Medium = 1, Heavy = 2 };
inline constexpr std::size_t kTiers = 3;

/// "light", "medium", "heavy"
[[nodiscard]] std::string_view name_of(Tier tier);
/// InvalidInput: another word.
[[nodiscard]] Result<Tier> tier_named(std::string_view name);

}  // namespace skerry

template <class Tag>
struct std::hash<skerry::NumberId<Tag>> {
    std::size_t operator()(const skerry::NumberId<Tag>& id) const { return std::hash<std::uint64_t>{}(id.value); }
};

template <class Tag, std::size_t N>
struct std::hash<skerry::BytesId<Tag, N>> {
    std::size_t operator()(const skerry::BytesId<Tag, N>& id) const {
        return std::hash<std::string_view>{}(skerry::text_of(id.value));
    }
};
