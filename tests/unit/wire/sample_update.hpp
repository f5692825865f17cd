#pragma once

#include <vector>

#include "common/wire/sealed_update.hpp"

namespace skerry::wire {

/// A node, a coordinator and an update between them.
struct SampleUpdate {
    crypto::SigningKey identity = crypto::SigningKey::generate();
    crypto::SealPrivateKey coordinator = crypto::SealPrivateKey::generate();
    UpdateHeader header = header_of(identity);

    static UpdateHeader header_of(const crypto::SigningKey& identity) {
        UpdateHeader header;
        header.federation.value.fill(std::byte{1});
        header.update = {node_of(identity.verify_key()), Sequence{7}};
        header.lease.value.fill(std::byte{2});
        header.base = ModelVersion{41};
        header.model.fill(std::byte{3});
        header.tier = Tier::Medium;
        header.examples = 100;
        return header;
    }
    static UpdateBody body_of(std::size_t values, std::size_t pairs = 2) {
        UpdateBody body;
        body.labelled = 100;
        body.errors = 7;
        for (std::size_t i = 0; i < pairs; ++i) {
            body.confusions.push_back({static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i + 1), 5});
        }
        body.delta.resize(values);
        for (std::size_t i = 0; i < values; ++i)
            body.delta[i] = static_cast<float>(i % 1009) * 0.001F - 0.5F;
        return body;
    }
    [[nodiscard]] SealedUpdate sealed(const UpdateBody& body) const {
        return seal(header, body, coordinator.public_key(), identity).value();
    }
};

}  // namespace skerry::wire
