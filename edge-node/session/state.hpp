#pragma once

#include <array>
#include <chrono>
#include <cstdint>
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

/// All that a session needs to go on after a crash. What it orders changes exactly these, each action at once and
/// whole: Keys, Certificate, TakeUpdate, KeepReceipt, PutBack, DropProgress, InstallVersion.
struct DurableState {
    wire::SignedBytes keys;         ///< newest key set
    wire::SignedBytes certificate;  ///< of this node
    ModelVersion installed;         ///< the floor: an older version is never installed. 0: none yet
    PushedAs installed_as;
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
