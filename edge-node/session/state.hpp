#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/precision.hpp"
#include "common/wire/sealed_update.hpp"
#include "edge-node/session/question.hpp"

namespace skerry::node {

/// What the session must know of one update in the spool; the sealed bytes and Δ stay there.
struct SpooledUpdate {
    Sequence sequence;
    LeaseId lease;
    wire::SignedBytes signed_lease;
    Bytes header;
    std::uint64_t sealed_bytes = 0;
    Digest content{};
    ByteArray<64> signature{};
    bool accepted = false;  ///< its receipt is durable; kept until a version counts it

    bool operator==(const SpooledUpdate&) const = default;
};

/// What the bytes of an installed version were.
struct PushedAs {
    WeightEncoding encoding = WeightEncoding::Float32;
    float error = 0;  ///< of the weights, as the coordinator signed it: a share of the largest of the tensor

    bool operator==(const PushedAs&) const = default;
};

/// What turns the version that a node holds into another, as both are read from Announced::as.
struct AnnouncedDifference {
    ModelVersion base;
    Digest base_weights{};    ///< the manifest's digest of the base's heavy prefix
    std::uint64_t bytes = 0;  ///< of our tier's prefix
    Digest digest{};          ///< of these bytes
    Digest values{};          ///< of the float32 that come out

    bool operator==(const AnnouncedDifference&) const = default;
};

/// A version that is announced and verified, and as which bytes we fetch it.
struct Announced {
    wire::Manifest manifest;
    wire::SignedBytes signed_manifest;
    Sequence counted;
    PushedAs as;
    std::uint64_t bytes = 0;                          ///< of our tier's prefix, as encoded
    Digest digest{};                                  ///< of these bytes
    std::optional<AnnouncedDifference> difference{};  ///< is fetched instead of them

    [[nodiscard]] std::uint64_t fetched_bytes() const { return difference ? difference->bytes : bytes; }
    bool operator==(const Announced&) const = default;
};

/// A version of which some has arrived.
struct ArrivingVersion {
    Announced what;            ///< `manifest` but for its version is in `signed_manifest` alone
    std::uint32_t chunks = 0;  ///< that are there, from the first
};

/// All that a session needs to go on after a crash. What it orders changes exactly these, each action at once and
/// whole: Keys, Certificate, TakeUpdate, KeepReceipt, PutBack, DropProgress, BeginVersion, StoreModelChunk,
/// InstallVersion. Of what arrives a crash may lose the end, or all.
struct DurableState {
    wire::SignedBytes keys;         ///< newest key set
    wire::SignedBytes certificate;  ///< of this node
    ModelVersion installed;         ///< the floor: an older version is never installed. 0: none yet
    PushedAs installed_as;
    wire::SignedBytes manifest;               ///< of the installed version
    std::optional<ArrivingVersion> arriving;  ///< what was on its way
    Sequence next_sequence{1};
    std::uint64_t steps = 0;           ///< learning steps whose progress is in no update yet
    std::vector<SpooledUpdate> spool;  ///< by sequence; at most the last is not accepted
};

struct SessionConfig {
    crypto::VerifyKey root;                      ///< pinned by the join token
    crypto::VerifyKey identity;                  ///< this node's
    Digest model{};                              ///< identity of the declared model
    std::array<std::uint64_t, kTiers> values{};  ///< parameters of each tier's prefix, by the layout
    /// What versions are fetched as, where the coordinator offers it; float32 where it does not.
    WeightEncoding encoding = WeightEncoding::Float32;
    std::array<std::uint64_t, kTiers> encoded_bytes{};  ///< of each tier's prefix in it, by the layout
    std::string software;                               ///< "skerry-node 0.1.0"
    std::uint64_t seed = 0;                             ///< of the jitter
    bool alone = false;                                 ///< takes its first version, then never talks again
    Backoff backoff;
    /// Hello is repeated this often when all is well: an announcement that was lost is heard then.
    std::chrono::milliseconds refresh{30'000};
    /// Denied for another reason than revocation: how long until the next Hello.
    std::chrono::milliseconds denied_wait{300'000};
};

}  // namespace skerry::node
