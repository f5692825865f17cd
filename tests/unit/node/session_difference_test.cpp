#include "tests/unit/node/session_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;

/// A session of a node that holds version 1, which its coordinator changes into the next ones.
class DifferenceTest : public SessionTest {
protected:
    DifferenceTest() : session_(holding_1()) {
        tell(session_, Connected{});
        hear(session_, federation_.welcome(1));
    }
    Session holding_1(WeightEncoding encoding = WeightEncoding::Float32, PushedAs as = {}) {
        DurableState state = federation_.joined(1);
        state.manifest = federation_.announcement(1).manifest;
        state.installed_as = as;
        SessionConfig config = federation_.config();
        config.encoding = encoding;
        for (std::size_t tier = 0; tier < kTiers; ++tier)
            config.encoded_bytes[tier] = federation_.values[tier] * 2;
        return Session::open(std::move(config), state).value();
    }
    Bytes bytes() const { return Bytes(37, std::byte{5}); }
    wire::EncodedDifference difference(std::uint64_t version, std::uint64_t base) const {
        wire::EncodedDifference record;
        record.federation = federation_.id;
        record.version = ModelVersion{version};
        record.weights = federation_.manifest(version).digests.back();
        record.base = ModelVersion{base};
        record.base_weights = federation_.manifest(base).digests.back();
        record.bytes = {17, 27, bytes().size()};
        record.digests.back() = crypto::sha256(bytes());
        record.values = federation_.manifest(version).digests;
        return record;
    }
    wire::Announcement offering(std::uint64_t version, const std::vector<wire::EncodedDifference>& differences) const {
        wire::Announcement announcement = federation_.announcement(version);
        for (const wire::EncodedDifference& record : differences)
            announcement.differences.push_back(wire::sign(record, federation_.signing));
        return announcement;
    }
    wire::ModelChunk chunk(std::uint64_t version, std::uint64_t base) const {
        return {ModelVersion{version}, Tier::Heavy, 0, bytes(), WeightEncoding::Float32, ModelVersion{base}};
    }
    ModelVersion base_asked(const Actions& actions) { return the_message<wire::ModelPull>(actions).base; }

    Session session_;
};

TEST_F(DifferenceTest, FetchesTheDifferenceToTheVersionThatItHolds) {
    EXPECT_EQ(base_asked(hear(session_, offering(2, {difference(2, 1)}))), ModelVersion{1});
    EXPECT_THAT(hear(session_, chunk(2, 0)), IsEmpty()) << "not what was asked for";
    const auto install = the<InstallVersion>(hear(session_, chunk(2, 1)));
    ASSERT_TRUE(install.difference);
    EXPECT_EQ(install.difference->base, ModelVersion{1});
    EXPECT_EQ(install.difference->digest, crypto::sha256(bytes()));
    EXPECT_EQ(install.difference->values, federation_.manifest(2).digests[2]);
    tell(session_, VersionInstalled{ModelVersion{2}});
    EXPECT_EQ(base_asked(hear(session_, offering(3, {difference(3, 2)}))), ModelVersion{2}) << "and so on";
}

TEST_F(DifferenceTest, FetchesTheWholeOnceTheDifferenceIsOfNoUse) {
    hear(session_, offering(2, {difference(2, 1)}));
    hear(session_, chunk(2, 1));
    const Actions actions = tell(session_, VersionUnreadable{ModelVersion{2}, "it gives other weights"});
    EXPECT_THAT(the<Notice>(actions).text, ::testing::HasSubstr("it gives other weights); it is fetched again, whole"));
    EXPECT_FALSE(the<BeginVersion>(actions).what.difference);
    EXPECT_EQ(wait_for<wire::ModelPull>(session_).base, ModelVersion{0});
    const auto install =
        the<InstallVersion>(hear(session_, wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 0,
                                                            Federation::bytes_of_floats(federation_.weights(2))}));
    EXPECT_FALSE(install.difference);
    EXPECT_EQ(install.digest, federation_.manifest(2).digests[2]);
}

TEST_F(DifferenceTest, FetchesTheWholeWhereItHoldsAnotherVersionOrOtherWeightsOfIt) {
    EXPECT_EQ(base_asked(hear(session_, offering(3, {difference(3, 2)}))), ModelVersion{0});
    session_ = holding_1();
    tell(session_, Connected{});
    hear(session_, federation_.welcome(1));
    wire::EncodedDifference other = difference(2, 1);
    other.base_weights[0] ^= std::byte{1};
    EXPECT_EQ(base_asked(hear(session_, offering(2, {other}))), ModelVersion{0});
    session_ = holding_1(WeightEncoding::Float32, {WeightEncoding::Float8, 0.1F});
    tell(session_, Connected{});
    hear(session_, federation_.welcome(1));
    EXPECT_EQ(base_asked(hear(session_, offering(2, {difference(2, 1)}))), ModelVersion{0}) << "it holds rounded ones";
    Session fresh = open(0);
    tell(fresh, Connected{});
    wire::Welcome welcome = federation_.welcome(2);
    welcome.newest = offering(2, {difference(2, 1)});
    EXPECT_EQ(base_asked(hear(fresh, welcome)), ModelVersion{0}) << "it holds nothing";
}

TEST_F(DifferenceTest, FetchesTheDifferenceToWhatIsInstalledByThen) {
    hear(session_, federation_.announcement(2));
    hear(session_,
         wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(2))});
    hear(session_, offering(3, {difference(3, 2)}));
    EXPECT_EQ(base_asked(tell(session_, VersionInstalled{ModelVersion{2}})), ModelVersion{2});

    session_ = holding_1();
    tell(session_, Connected{});
    hear(session_, federation_.welcome(1));
    hear(session_, federation_.announcement(2));
    hear(session_, offering(3, {difference(3, 2)}));
    hear(session_,
         wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(2))});
    EXPECT_EQ(base_asked(tell(session_, VersionRefused{ModelVersion{2}, "it answers nonsense"})), ModelVersion{0});
}

TEST_F(DifferenceTest, FetchesTheWholeWhereTheDifferenceIsNoShorterForItsTier) {
    wire::EncodedDifference longer = difference(2, 1);
    longer.bytes = {17, 27, federation_.values[2] * sizeof(float)};
    EXPECT_EQ(base_asked(hear(session_, offering(2, {longer}))), ModelVersion{0});
}

TEST_F(DifferenceTest, DoesNotTrustADifferenceOfAnotherKeyOrToOtherWeightsThanTheManifests) {
    const auto expect_whole = [&](const wire::Announcement& announcement) {
        const Actions actions = hear(session_, announcement);
        EXPECT_EQ(the<Notice>(actions).event, "untrusted_difference");
        EXPECT_EQ(base_asked(actions), ModelVersion{0});
        session_ = holding_1();
        tell(session_, Connected{});
        hear(session_, federation_.welcome(1));
    };
    wire::Announcement foreign = federation_.announcement(2);
    foreign.differences.push_back(wire::sign(difference(2, 1), federation_.root));
    expect_whole(foreign);
    wire::EncodedDifference other = difference(2, 1);
    other.weights[0] ^= std::byte{1};
    expect_whole(offering(2, {other}));
    other = difference(2, 1);
    other.values[2][0] ^= std::byte{1};
    expect_whole(offering(2, {other}));
}

TEST_F(DifferenceTest, FetchesDifferencesInTheEncodingThatItHoldsAndWants) {
    const PushedAs as{WeightEncoding::Float16, 0.25F};
    session_ = holding_1(WeightEncoding::Float16, as);
    tell(session_, Connected{});
    hear(session_, federation_.welcome(1));
    wire::EncodedDifference half = difference(2, 1);
    half.encoding = WeightEncoding::Float16;
    half.values[2][0] ^= std::byte{1};  // of the rounded weights
    wire::Announcement announcement = offering(2, {difference(2, 1), half});
    announcement.encodings.push_back(wire::sign(federation_.encoding(2), federation_.signing));
    const auto pull = the_message<wire::ModelPull>(hear(session_, announcement));
    EXPECT_EQ(pull.base, ModelVersion{1});
    EXPECT_EQ(pull.encoding, WeightEncoding::Float16);
    wire::ModelChunk answer = chunk(2, 1);
    answer.encoding = WeightEncoding::Float16;
    const auto install = the<InstallVersion>(hear(session_, answer));
    EXPECT_EQ(install.as, as);
    EXPECT_EQ(install.difference->values, half.values[2]);
}

TEST_F(DifferenceTest, GoesOnWithADifferenceAfterARestartOnlyWhereItStillHoldsTheBase) {
    const Announced begun = the<BeginVersion>(hear(session_, offering(2, {difference(2, 1)}))).what;
    ASSERT_TRUE(begun.difference);
    DurableState state = federation_.joined(1);
    state.arriving = ArrivingVersion{begun, 0};
    for (const bool known : {true, false}) {
        if (known) state.manifest = federation_.announcement(1).manifest;
        if (!known) state.manifest = {};
        Session session = open_from(state);
        tell(session, Connected{});
        EXPECT_EQ(base_asked(hear(session, federation_.welcome(2))), ModelVersion{known ? 1U : 0U});
    }
}

}  // namespace
}  // namespace skerry::node
