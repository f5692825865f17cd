#include "coordinator/service/directory.hpp"

#include <system_error>

#include "common/crypto/key_file.hpp"
#include "common/parameters/layout.hpp"
#include "common/storage/disk_blob_store.hpp"
#include "common/wire/signed.hpp"
#include "coordinator/ledger/sqlite_journal.hpp"
#include "coordinator/round/summing.hpp"

namespace skerry::coordinator {
namespace {

Result<> prepare(const Directory& directory) {
    std::error_code error;
    const bool made = std::filesystem::create_directories(directory.path, error);
    if (error) {
        return fail(ErrorCode::Unavailable,
                    directory.path.string() + " cannot be made: " + error.message() + ": choose another --dir");
    }
    // A directory that was there keeps its mode: it is somebody's, and the key files have their own.
    if (made) std::filesystem::permissions(directory.path, std::filesystem::perms::owner_all, error);
    if (std::filesystem::exists(directory.key("root"), error)) {
        return fail(ErrorCode::Conflict,
                    directory.path.string() +
                        " holds a federation already: start it with 'skerry-coordinator run', or choose another --dir");
    }
    if (made || std::filesystem::is_empty(directory.path, error)) return {};
    return fail(ErrorCode::Conflict,
                directory.path.string() + " is not empty: choose another --dir, which 'init' makes");
}

Result<> write_keys(const Directory& directory, const DirectoryKeys& keys) {
    SKERRY_TRY(crypto::write_secret_file(directory.key("root"), keys.ring.root.seed().view()));
    SKERRY_TRY(crypto::write_secret_file(directory.key("signing"), keys.ring.signing.seed().view()));
    SKERRY_TRY(crypto::write_secret_file(directory.key("seal"), keys.ring.seal.bytes().view()));
    return crypto::write_secret_file(directory.key("transport"), keys.transport.secret_key.value);
}

ledger::Events first_events(const NewFederation& federation, const ModelShape& shape, std::span<const float> weights,
                            const Keyring& keys, TimePoint now) {
    const crypto::VerifyKey root = keys.root.verify_key();
    ledger::FederationCreated created;
    created.at = now;
    created.name = federation.name.empty() ? federation.model.name : federation.name;
    created.model = parameters::canonical_text(federation.model);
    created.identity = shape.identity;
    std::copy(shape.values.begin(), shape.values.end(), created.values.begin());
    created.statistics = shape.statistics;
    created.root = root;
    created.keys = wire::sign(
        wire::KeySet{wire::federation_of(root), 1, keys.signing.verify_key(), keys.seal.public_key(), keys.transport},
        keys.root);
    wire::Manifest manifest;
    manifest.federation = wire::federation_of(root);
    manifest.version = ModelVersion{1};
    manifest.model = shape.identity;
    manifest.values = created.values;
    manifest.digests = tier_digests(weights, shape);
    manifest.contributors = contributors_digest({});
    manifest.published = now;
    ledger::VersionPublished published;
    published.at = now;
    published.version = manifest.version;
    published.weights = manifest.digests.back();
    published.manifest = wire::sign(manifest, keys.signing);
    return {created, published};
}

}  // namespace

Result<DirectoryLock> lock(const Directory& directory) {
    return DirectoryLock::take(directory.path, {"skerry-coordinator", "skerry-coordinator init"});
}

Result<> check_history(const Directory& directory) {
    std::error_code error;
    const auto size = std::filesystem::file_size(directory.history(), error);
    if (!error && size > 0) return {};
    return damaged_history(directory, error ? error.message() : "it is empty");
}

tl::unexpected<Error> damaged_history(const Directory& directory, const std::string& why) {
    return fail(ErrorCode::Unavailable, directory.history().string() + " is missing or damaged (" + why +
                                            "): restore it from a backup; the keys and weights beside it are "
                                            "worth nothing without it, so keep them until then");
}

Result<DirectoryKeys> load_keys(const Directory& directory) {
    std::error_code error;
    if (!std::filesystem::exists(directory.key("root"), error)) {
        return fail(ErrorCode::NotFound, "there is no federation in " + directory.path.string() +
                                             ": make one with 'skerry-coordinator init --dir … --model model.toml'");
    }
    const auto root = SKERRY_TRY(crypto::read_secret<32>(directory.key("root")));
    const auto signing = SKERRY_TRY(crypto::read_secret<32>(directory.key("signing")));
    const auto seal = SKERRY_TRY(crypto::read_secret<32>(directory.key("seal")));
    const auto curve = SKERRY_TRY(crypto::read_secret<32>(directory.key("transport")));
    ByteArray<32> curve_bytes;
    std::copy(curve.view().begin(), curve.view().end(), curve_bytes.begin());
    const transport::CurveSecretKey curve_key(curve_bytes);
    crypto::cleanse(curve_bytes);
    auto root_key = SKERRY_TRY(crypto::SigningKey::from_seed(root.view()));
    auto signing_key = SKERRY_TRY(crypto::SigningKey::from_seed(signing.view()));
    auto seal_key = SKERRY_TRY(crypto::SealPrivateKey::from_bytes(seal.view()));
    auto transport_keys = SKERRY_TRY(transport::curve_keys_of(curve_key));
    DirectoryKeys keys{{std::move(root_key), std::move(signing_key), std::move(seal_key), {}},
                       std::move(transport_keys)};
    keys.ring.transport = keys.transport.public_key.value;
    return keys;
}

Result<MadeFederation> create_federation(const Directory& directory, NewFederation federation) {
    federation.model.input.front_end_is_named = true;
    const auto layout = SKERRY_TRY(parameters::ParameterLayout::of(federation.model));
    SKERRY_TRY(prepare(directory));
    const auto held = SKERRY_TRY(lock(directory));

    auto transport_keys = SKERRY_TRY(transport::generate_curve_keys());
    DirectoryKeys keys{
        {crypto::SigningKey::generate(), crypto::SigningKey::generate(), crypto::SealPrivateKey::generate(), {}},
        std::move(transport_keys)};
    keys.ring.transport = keys.transport.public_key.value;
    SKERRY_TRY(write_keys(directory, keys));

    ModelShape shape;
    shape.identity = parameters::identity_of(federation.model);
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        shape.values[tier] = layout.prefix(static_cast<Tier>(tier));
    shape.statistics = layout.statistics();
    const std::vector<float> weights = parameters::initial_parameters(federation.model, layout, federation.seed);
    const ledger::Events events = first_events(federation, shape, weights, keys.ring, Clock::now());

    const auto blobs = SKERRY_TRY(storage::DiskBlobStore::open(directory.blobs()));
    SKERRY_TRY(
        blobs->put(std::get<ledger::VersionPublished>(events.back()).weights, std::as_bytes(std::span(weights))));
    auto journal = SKERRY_TRY(ledger::SqliteJournal::open(directory.history()));
    SKERRY_TRY(journal.append(ledger::kFederationStream, 0, events));  // last: before this there is no federation
    const crypto::VerifyKey root = keys.ring.root.verify_key();
    return MadeFederation{wire::federation_of(root).to_text(), root.to_text(), layout.size()};
}

}  // namespace skerry::coordinator
