#include <algorithm>
#include <array>
#include <utility>

#include "common/crypto/hash.hpp"
#include "tests/simulation/simulated_coordinator.hpp"

// How a federation begins: its keys, the first two events of its journal, and who may join it.
namespace skerry::simulation {

using namespace std::chrono_literals;
namespace ledger = coordinator::ledger;

namespace {

coordinator::Keyring keyring(Dice& dice) {
    return {*crypto::SigningKey::from_seed(dice.bytes<32>()), *crypto::SigningKey::from_seed(dice.bytes<32>()),
            *crypto::SealPrivateKey::from_bytes(dice.bytes<32>()), dice.bytes<32>()};
}

}  // namespace

SimulatedCoordinator::SimulatedCoordinator(World& world, Network& network, Evidence& evidence,
                                           OnJoinReply on_join_reply)
    : world_(world),
      network_(network),
      evidence_(evidence),
      on_join_reply_(std::move(on_join_reply)),
      dice_(world.dice.fork()),
      disk_dice_(world.plan.seed ^ 0x90FF),
      crash_clock_(world, dice_.fork()),
      keys_(keyring(dice_)),
      journal_(world),
      blobs_(stored_, world) {}

void SimulatedCoordinator::found() {
    const auto values = world_.plan.values;
    ledger::FederationCreated created;
    created.at = world_.time.now();
    created.name = "simulated";
    created.model = "name = 'simulated'";
    created.identity = crypto::sha256(bytes_of(created.model));
    created.values = values;
    created.statistics = 4;
    created.root = root();
    created.keys = wire::sign(wire::KeySet{wire::federation_of(root()), 1, keys_.signing.verify_key(),
                                           keys_.seal.public_key(), keys_.transport},
                              keys_.root);
    std::vector<float> weights(values.back());
    for (float& weight : weights)
        weight = static_cast<float>(dice_.below(512)) / 256.0F - 1.0F;
    // Two channels' moments, far from any that are those of no input.
    std::copy_n(std::array{0.0F, 0.0F, 2048.0F, 2048.0F}.begin(), created.statistics, weights.begin());
    coordinator::ModelShape model;
    model.identity = created.identity;
    model.statistics = created.statistics;
    std::copy(values.begin(), values.end(), model.values.begin());
    wire::Manifest manifest;
    manifest.federation = wire::federation_of(root());
    manifest.version = ModelVersion{1};
    manifest.model = created.identity;
    manifest.values = values;
    manifest.digests = coordinator::tier_digests(weights, model);
    manifest.published = world_.time.now();
    ledger::VersionPublished published;
    published.at = world_.time.now();
    published.version = ModelVersion{1};
    published.weights = manifest.digests.back();
    published.manifest = wire::sign(manifest, keys_.signing);
    SKERRY_ASSERT(blobs_.put(published.weights, std::as_bytes(std::span(weights))).has_value());
    SKERRY_ASSERT(journal_.open() && journal_.append({created, published}, false));
    journal_.crash(false);

    evidence_.journal = &journal_.known();
    evidence_.blobs = &stored_;
    evidence_.core = [this] { return core(); };
    evidence_.signing = keys_.signing.verify_key();
    evidence_.model = model;
    boot();
}

std::string SimulatedCoordinator::create_token(Tier tier) {
    wire::JoinToken token{TokenId{dice_.bytes<6>()}, crypto::Secret<16>(dice_.bytes<16>()), root(), keys_.transport,
                          "tcp://coordinator.example:7001"};
    ledger::TokenCreated created;
    created.at = world_.time.now();
    created.id = token.id;
    created.secret_hash = wire::secret_hash(token);
    created.expires = world_.time.now() + 24h * 30;
    created.tier = tier;
    tell(coordinator::OperatorCreatesToken{1, created});
    return wire::to_text(token);
}

void SimulatedCoordinator::ask_to_join(const wire::JoinRequest& request) {
    if (!core_) return;
    const auto arrived = wire::decode_join_request(wire::encode(request));
    SKERRY_ASSERT(arrived.has_value());
    tell(coordinator::PeerAskedToJoin{request.transport, *arrived});
}

}  // namespace skerry::simulation
