#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/sparse_values.hpp"

/// How Δ is written in an update's body (PROTOCOL.md §4). Its first `exact` values, the normaliser's moments, are
/// always float32. What a coarser form leaves out stays progress of the node and goes into its next update: error
/// feedback, Seide et al. 2014, "1-bit stochastic gradient descent"; Stich et al. 2018, "Sparsified SGD with memory".
namespace skerry::wire {

/// The numbers stand in headers and messages: they never change.
enum class DeltaEncoding : std::uint8_t {
    Float32 = 0,
    Float16 = 1,  ///< binary16 under one power of two
    Int8 = 2,     ///< −127 … 127 under a float32 scale for each 64 values, the largest of them / 127
    Top = 3,      ///< the largest alone: gaps between their places, and binary16 under one power of two
    Float8 = 4,   ///< E4M3 under a power of two for each 64 values
};
inline constexpr DeltaEncoding kLastDeltaEncoding = DeltaEncoding::Float8;

/// What a node is to send.
struct DeltaPolicy {
    DeltaEncoding encoding = DeltaEncoding::Float32;
    std::uint32_t top_ppm = 0;  ///< Top: of a million values so many are sent, 1 … kTopMax
    bool zstd = false;          ///< packed where that is shorter; never with Float32, whose digits are noise
    bool operator==(const DeltaPolicy&) const = default;
};
inline constexpr std::uint32_t kTopMax = 250'000;

/// "fp32", "fp16", "fp8", "int8", "top 5%", and all but the first with "+zstd" behind. InvalidInput: another text, or a
/// share beyond 0.0001 … 25 %.
[[nodiscard]] Result<DeltaPolicy> delta_policy_named(std::string_view text);
[[nodiscard]] std::string to_text(const DeltaPolicy& policy);

/// What a header says of it.
struct DeltaForm {
    DeltaEncoding encoding = DeltaEncoding::Float32;
    std::uint32_t values = 0;  ///< of Δ; with Float32 0, as the body's size says it
    std::uint32_t exact = 0;   ///< likewise
    bool zstd = false;         ///< one zstd frame of what the encoding wrote, shorter than that (RFC 8878)
    bool operator==(const DeltaForm&) const = default;
};

/// Bytes that a Δ in such a form takes: between these, equal but for Top and zstd. No overflow: at most 2^32 values.
struct DeltaBytesRange {
    std::uint64_t least = 0;
    std::uint64_t most = 0;
};
[[nodiscard]] DeltaBytesRange delta_bytes(const DeltaForm& form);

struct EncodedDelta {
    DeltaForm form;
    Bytes bytes;
};

/// `delta`: finite, below 2^32 values, of which `exact` are float32 whatever the encoding, which is not Float32: that
/// needs none. Time: a few ns a value; zstd about as much again.
[[nodiscard]] EncodedDelta encode_delta(std::span<const float> delta, std::size_t exact, const DeltaPolicy& policy);

/// Which bytes of a Δ in a form say what some of its values are: where `lead` is not 0, so many bytes that stand at
/// `lead_at` before all values, then `bytes` at `at`. These are values [first, first + count): whole blocks, in which
/// those lie that were asked for.
struct DeltaPiece {
    std::uint64_t lead_at = 0, lead = 0;
    std::uint64_t at = 0, bytes = 0;
    std::uint64_t first = 0, count = 0;
};
/// Float16, Int8 and Float8 that zstd has not packed: a piece of Δ can be read without what is before it.
[[nodiscard]] bool reads_in_pieces(const DeltaForm& form);
/// Of a form that reads so; values [first, first + count) lie behind the exact ones, which are float32.
[[nodiscard]] DeltaPiece piece_of(const DeltaForm& form, std::uint64_t first, std::uint64_t count);
/// From anybody. `bytes`: of that piece, its lead before the rest; `values`: as many as it has. InvalidInput: as
/// decode_delta(), whose values of the same bytes these are.
[[nodiscard]] Result<> decode_piece(const DeltaForm& form, ByteView bytes, std::span<float> values);

/// From anybody; values need not be finite. InvalidInput: not what encode_delta writes of such a form. Not of Float32,
/// which needs none. Memory: form.values floats, which the caller has bounded, of Top what decode_sparse() gives beside
/// them, and with zstd the bytes of its encoding.
[[nodiscard]] Result<std::vector<float>> decode_delta(const DeltaForm& form, ByteView bytes);

/// The same of Top, without the zeroes between: the exact values, and those that were written, at most a quarter of the
/// rest. Memory: eight bytes for each, and with zstd the bytes of its encoding.
[[nodiscard]] Result<SparseValues> decode_sparse(const DeltaForm& form, ByteView bytes);

}  // namespace skerry::wire
