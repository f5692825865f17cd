#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// A bound on everything that arrives from outside, checked before memory is taken or arithmetic is done with it.
/// A limit that is configuration lives in its config struct; these are promises of the formats and of the arithmetic.
namespace skerry::limits {

// The declared model.
inline constexpr std::size_t kModelTextBytesMax = 64 * 1024;
inline constexpr std::size_t kClassesMax = 1024;
inline constexpr std::size_t kInputValuesMax = 1 << 19;  ///< values in one sample: as JSON it fits kHttpBodyBytesMax
inline constexpr std::size_t kStageLayersMax = 16;       ///< layers in one stage
inline constexpr std::size_t kLayerWidthMax = 4096;      ///< channels or units of one layer
/// Of the whole vector: 2^26 float32, 256 MiB. A node's checkpoint is one value of its database, which holds none of
/// 10^9 bytes; a weight takes twelve there (itself and Adam's two moments), the rest is for the remembered samples.
/// What remembers more of each weight learns smaller models only.
inline constexpr std::size_t kParametersMax = 1U << 26U;

// Inputs after scaling are clamped to ±kScaledInputMax, so that the normaliser's second moment stays below kDeltaMax.
inline constexpr float kScaledInputMax = 64.0F;

// The exact mean (aggregation/exact_mean.hpp): |Σ w·Δ·2^16| ≤ 2^30 · 2^13 · 2^16 = 2^59 < 2^63.
inline constexpr float kDeltaMax = 8192.0F;                        ///< |Δ[i]| of one update: 2^13
inline constexpr int kFractionBits = 16;                           ///< of the fixed point of a product w·Δ
inline constexpr std::uint64_t kExamplesPerUpdateMax = 1U << 16U;  ///< before the staleness weight
inline constexpr std::uint64_t kWeightUnit = 64;                   ///< the weight of one fresh example
inline constexpr std::uint64_t kUpdateWeightMax = kExamplesPerUpdateMax * kWeightUnit;  ///< 2^22
inline constexpr std::uint64_t kRoundWeightMax = 1U << 30U;                             ///< Σ weights of one round
inline constexpr std::size_t kRoundUpdatesMax = 1U << 16U;                              ///< updates of one round
inline constexpr std::uint64_t kStalenessMax = 8;  ///< versions that an update's base may be behind

// The wire (common/wire/PROTOCOL.md).
inline constexpr std::uint32_t kProtocolVersion = 1;
inline constexpr std::size_t kChunkBytes = 1 << 20;         ///< payload of one chunk frame
inline constexpr std::size_t kChunkCredit = 4;              ///< chunks in flight of one transfer
inline constexpr std::size_t kControlBytesMax = 64 * 1024;  ///< one protobuf control message
inline constexpr std::size_t kFramesMax = 2;                ///< of one message after its routing id
inline constexpr std::size_t kReportClassPairsMax = 32;     ///< confusion pairs in one report
inline constexpr std::size_t kTextMax = 512;                ///< any sentence that a peer sends
inline constexpr std::chrono::seconds kHeartbeatInterval{15};

// HTTP.
inline constexpr std::size_t kHttpBodyBytesMax = 8 << 20;
inline constexpr std::size_t kHttpHeaderBytesMax = 16 * 1024;
inline constexpr std::size_t kJsonDepthMax = 32;
inline constexpr std::size_t kRequestIdBytesMax = 64;

}  // namespace skerry::limits
