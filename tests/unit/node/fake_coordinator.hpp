#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "common/parameters/layout.hpp"
#include "common/parameters/precision/encoding.hpp"
#include "common/transport/router.hpp"
#include "common/wire/codec.hpp"
#include "common/wire/sealed_update.hpp"
#include "common/wire/signed.hpp"
#include "common/wire/token.hpp"
#include "tests/support/own_loopback.hpp"

namespace skerry::node::testing {

/// A coordinator as far as one node can tell: real sockets, real signatures, no ledger. Takes every update of its
/// node, and publishes when the test says so: its weights plus the Δ it holds. Loop thread only.
class FakeCoordinator {
public:
    FakeCoordinator(boost::asio::io_context& loop, parameters::ModelSpec spec);

    [[nodiscard]] std::string token() const;
    /// Stops listening, as a coordinator that dies; the keys and what it knows stay.
    void close();
    /// On the ports of before, if there were any.
    void listen();
    /// A version of its newest weights plus all updates accepted since; announced to the node.
    void publish();

    // What the test may change.
    std::string refuse_join;  ///< not empty: says so instead of admitting
    bool answer_joins = true;
    bool show_another_root = false;
    bool prove_join = true;
    bool take_offers = true;  ///< false: updates stay un-receipted
    std::optional<wire::RefusalCode> refuse_updates;
    wire::AuditCounts fleet_audits;         ///< announced with each version
    wire::SoftLabels fleet_soft_labels;     ///< likewise
    std::vector<WeightEncoding> encodings;  ///< what versions are offered as beside float32
    bool differences = false;               ///< whether the newest is offered as the one to the version before it, too
    bool spoil_differences = false;         ///< they are not what they say
    std::uint32_t chunks_served = UINT32_MAX;  ///< of a version, from its first

    // What it has seen.
    std::vector<wire::JoinRequest> joins;
    std::vector<wire::Hello> hellos;
    std::vector<wire::Report> reports;
    std::vector<wire::UpdateOffer> offers;
    std::vector<wire::ModelPull> pulls;
    std::vector<wire::UpdateBody> accepted;  ///< in no version yet
    std::uint64_t accepted_in_all = 0;
    bool said_goodbye = false;
    std::vector<float> weights;  ///< of the newest version
    std::uint64_t version = 1;

private:
    void on_join(const transport::Sender& sender, const transport::Frames& frames);
    void on_fleet(const transport::Sender& sender, const transport::Frames& frames);
    void hear(const wire::Hello& hello);
    void hear(const wire::LeaseRequest& request);
    void hear(const wire::UpdateOffer& offer);
    void hear(const wire::UpdateChunk& chunk);
    void hear(const wire::ModelPull& pull);
    void hear(const wire::Report& report) { reports.push_back(report); }
    void hear(const wire::Goodbye&) { said_goodbye = true; }
    void take_update();
    void say(const wire::FromCoordinator& message);
    [[nodiscard]] wire::SignedBytes keys() const;
    [[nodiscard]] wire::SignedBytes certificate_for(const wire::JoinRequest& request) const;
    [[nodiscard]] wire::Announcement announcement() const;
    [[nodiscard]] parameters::Encoded encoded(WeightEncoding encoding) const;
    struct Difference {
        wire::EncodedDifference record;
        Bytes bytes;
    };
    [[nodiscard]] Difference difference(WeightEncoding encoding) const;

    transport::Context context_;
    parameters::ModelSpec spec_;
    parameters::ParameterLayout layout_;
    crypto::SigningKey root_ = crypto::SigningKey::generate();
    crypto::SigningKey signing_ = crypto::SigningKey::generate();
    crypto::SealPrivateKey seal_ = crypto::SealPrivateKey::generate();
    transport::CurveKeyPair transport_;
    wire::JoinToken token_;
    std::string fleet_endpoint_ = "tcp://" + skerry::testing::own_loopback() + ":0";
    std::string enrol_endpoint_ = "tcp://" + skerry::testing::own_loopback() + ":0";
    std::unique_ptr<transport::Router> fleet_, enrol_;
    std::vector<float> published_, before_;  ///< the newest version, and the one before it
    std::optional<crypto::VerifyKey> node_identity_;
    transport::CurvePublicKey node_;
    Sequence counted_, taken_;
    std::optional<wire::UpdateOffer> pulling_;
    Bytes pulled_;
    std::optional<wire::Receipt> receipt_;
    std::uint8_t leases_ = 0;
};

}  // namespace skerry::node::testing
