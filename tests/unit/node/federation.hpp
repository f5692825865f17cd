#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/wire/sealed_update.hpp"
#include "common/wire/signed.hpp"
#include "edge-node/session/session.hpp"

namespace skerry::node::testing {

/// The keys of a small federation and one node of it: says what a coordinator would say.
struct Federation {
    crypto::SigningKey root = crypto::SigningKey::generate();
    crypto::SigningKey signing = crypto::SigningKey::generate();
    crypto::SealPrivateKey seal = crypto::SealPrivateKey::generate();
    crypto::SigningKey identity = crypto::SigningKey::generate();
    wire::FederationId id = wire::federation_of(root.verify_key());
    NodeId node = wire::node_of(identity.verify_key());
    Digest model = crypto::sha256(bytes_of("a declared model"));
    std::array<std::uint64_t, kTiers> values{10, 20, 30};

    wire::SignedBytes keys(std::uint64_t serial = 1) const {
        return wire::sign(wire::KeySet{id, serial, signing.verify_key(), seal.public_key(), {}}, root);
    }
    wire::SignedBytes certificate(TimePoint not_after = TimePoint(std::chrono::hours(2400))) const {
        return wire::sign(wire::Certificate{id, node, identity.verify_key(), {}, Tier::Heavy, TimePoint(), not_after},
                          root);
    }
    /// The weights of a version: the same float throughout.
    std::vector<float> weights(std::uint64_t version) const {
        return std::vector<float>(values[2], static_cast<float>(version));
    }
    static Bytes bytes_of_floats(const std::vector<float>& floats) { return copy_of(std::as_bytes(std::span(floats))); }
    wire::Manifest manifest(std::uint64_t version) const {
        wire::Manifest manifest;
        manifest.federation = id;
        manifest.version = ModelVersion{version};
        manifest.parent = ModelVersion{version - 1};
        manifest.model = model;
        manifest.values = values;
        const std::vector<float> floats = weights(version);
        for (std::size_t tier = 0; tier < kTiers; ++tier)
            manifest.digests[tier] = crypto::sha256(std::as_bytes(std::span(floats).first(values[tier])));
        return manifest;
    }
    /// A version in half of its bytes: the first of its float32. Any bytes do, since a session decodes nothing.
    Bytes encoded(std::uint64_t version) const {
        Bytes all = bytes_of_floats(weights(version));
        all.resize(values[2] * 2);
        return all;
    }
    wire::EncodedWeights encoding(std::uint64_t version, WeightEncoding encoding = WeightEncoding::Float16) const {
        wire::EncodedWeights record{id, ModelVersion{version}, manifest(version).digests[2], encoding, {}, {}, {}};
        const Bytes bytes = encoded(version);
        for (std::size_t tier = 0; tier < kTiers; ++tier) {
            record.bytes[tier] = values[tier] * 2;
            record.digests[tier] = crypto::sha256(ByteView(bytes).first(record.bytes[tier]));
            record.errors[tier] = 0.25F;
        }
        return record;
    }
    wire::Announcement announcement(std::uint64_t version, std::uint64_t counted = 0) const {
        return {wire::sign(manifest(version), signing), Sequence{counted}};
    }
    wire::Welcome welcome(std::uint64_t version, std::uint64_t counted = 0, std::uint64_t accepted = 0) const {
        return {keys(), {}, Sequence{accepted}, 2, announcement(version, counted)};
    }
    wire::Lease lease(std::uint64_t base, std::uint8_t number = 1) const {
        LeaseId lease_id;
        lease_id.value[0] = std::byte{number};
        return {id,          lease_id, node,    model, ModelVersion{base},
                Tier::Heavy, 1000,     1 << 20, 10.0F, TimePoint(std::chrono::hours(1))};
    }
    wire::LeaseGrant grant(std::uint64_t base, std::uint8_t number = 1) const {
        return {wire::sign(lease(base, number), signing)};
    }
    wire::Receipt receipt(const SpooledUpdate& update) const {
        return {update.sequence, wire::sign(wire::ReceiptBody{id, UpdateId{node, update.sequence}, update.lease,
                                                              update.content, 6400, TimePoint()},
                                            signing)};
    }
    /// As the spool would report what TakeUpdate made.
    SpooledUpdate spooled(const TakeUpdate& order) const {
        SpooledUpdate update;
        update.sequence = order.sequence;
        update.lease = order.lease.id;
        update.signed_lease = order.signed_lease;
        update.header = Bytes(256);
        update.sealed_bytes = 2 * limits::kChunkBytes + 5;
        update.content = crypto::sha256(bytes_of(std::to_string(order.sequence.value)));
        return update;
    }
    SessionConfig config() const {
        SessionConfig config;
        config.root = root.verify_key();
        config.identity = identity.verify_key();
        config.model = model;
        config.values = values;
        config.software = "skerry-node test";
        return config;
    }
    DurableState joined(std::uint64_t installed = 0) const {
        DurableState state;
        state.keys = keys();
        state.certificate = certificate();
        state.installed = ModelVersion{installed};
        return state;
    }
};

}  // namespace skerry::node::testing
