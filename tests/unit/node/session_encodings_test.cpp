#include <limits>

#include "tests/unit/node/session_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;

class EncodingsTest : public SessionTest {
protected:
    EncodingsTest() : session_(wants_fp16()) {
        tell(session_, Connected{});
        hear(session_, federation_.welcome(1));
    }
    Session wants_fp16() const {
        SessionConfig config = federation_.config();
        config.encoding = WeightEncoding::Float16;
        for (std::size_t tier = 0; tier < kTiers; ++tier)
            config.encoded_bytes[tier] = federation_.values[tier] * 2;
        return Session::open(std::move(config), federation_.joined(1)).value();
    }
    wire::Announcement offering_of(std::uint64_t version, const std::vector<wire::EncodedWeights>& encodings) const {
        wire::Announcement announcement = federation_.announcement(version);
        for (const wire::EncodedWeights& encoding : encodings)
            announcement.encodings.push_back(wire::sign(encoding, federation_.signing));
        return announcement;
    }
    wire::ModelChunk chunk(std::uint64_t version) const {
        return {ModelVersion{version}, Tier::Heavy, 0, federation_.encoded(version), WeightEncoding::Float16};
    }
    /// The announcement is not believed in part: one sentence that holds `why`, and float32 is fetched.
    void expect_float32(const wire::Announcement& announcement, const std::string& why) {
        const Actions actions = hear(session_, announcement);
        EXPECT_THAT(the<Notice>(actions).text, ::testing::HasSubstr(why));
        EXPECT_EQ(the_message<wire::ModelPull>(actions).encoding, WeightEncoding::Float32);
    }

    Session session_;
};

TEST_F(EncodingsTest, FetchesVerifiesAndInstallsTheEncodingThatItWantsWhereItIsOffered) {
    const auto wanted = federation_.encoding(2);
    const Actions pulls = hear(session_, offering_of(2, {federation_.encoding(2, WeightEncoding::Float8), wanted}));
    EXPECT_EQ(the_message<wire::ModelPull>(pulls).encoding, WeightEncoding::Float16);
    wire::ModelChunk as_float32 = chunk(2);
    as_float32.encoding = WeightEncoding::Float32;
    EXPECT_THAT(hear(session_, as_float32), IsEmpty()) << "not what was asked for";
    const Actions actions = hear(session_, chunk(2));
    EXPECT_THAT(actions, ElementsAre(orders<StoreModelChunk>(), orders<InstallVersion>()));
    EXPECT_EQ(the<InstallVersion>(actions).as, (PushedAs{WeightEncoding::Float16, 0.25F}));
    EXPECT_EQ(session_.status(now_).installed_as, PushedAs{});
    tell(session_, VersionInstalled{ModelVersion{2}});
    EXPECT_EQ(session_.status(now_).installed_as, (PushedAs{WeightEncoding::Float16, 0.25F}));
}

TEST_F(EncodingsTest, FetchesAgainWhatIsNotWhatItsRecordSays) {
    hear(session_, offering_of(2, {federation_.encoding(2)}));
    EXPECT_EQ(the<InstallVersion>(hear(session_, chunk(2))).digest, federation_.encoding(2).digests[2]);
    EXPECT_THAT(tell(session_, VersionUnreadable{ModelVersion{2}, "their hash is another"}),
                ElementsAre(orders<Notice>(), orders<BeginVersion>()));
    EXPECT_EQ(wait_for<wire::ModelPull>(session_).encoding, WeightEncoding::Float16);
    EXPECT_THAT(hear(session_, chunk(2)), Contains(orders<InstallVersion>()));
}

TEST_F(EncodingsTest, FetchesFloat32WhereItsEncodingIsNotOffered) {
    EXPECT_EQ(the_message<wire::ModelPull>(hear(session_, federation_.announcement(2))).encoding,
              WeightEncoding::Float32);
    Session other = wants_fp16();
    tell(other, Connected{});
    const auto actions = hear(
        other,
        wire::Welcome{
            federation_.keys(), {}, Sequence{}, 2, offering_of(2, {federation_.encoding(2, WeightEncoding::Mixed)})});
    EXPECT_EQ(the_message<wire::ModelPull>(actions).encoding, WeightEncoding::Float32);
}

TEST_F(EncodingsTest, DoesNotTrustAnEncodingOfAnotherSize) {
    auto longer = federation_.encoding(2);
    longer.bytes[2] += 1;
    expect_float32(offering_of(2, {longer}), "has 61 bytes, by the model it must have 60");
}

TEST_F(EncodingsTest, DoesNotTrustAnEncodingOfOtherWeightsVersionsOrFederations) {
    auto other = federation_.encoding(2);
    other.weights[0] ^= std::byte{1};
    expect_float32(offering_of(2, {other}), "other weights");
    session_ = wants_fp16();
    tell(session_, Connected{});
    hear(session_, federation_.welcome(1));
    expect_float32(offering_of(3, {federation_.encoding(2)}), "other weights");
}

TEST_F(EncodingsTest, DoesNotTrustAnEncodingThatAnotherKeySigned) {
    wire::Announcement announcement = federation_.announcement(2);
    announcement.encodings.push_back(wire::sign(federation_.encoding(2), federation_.root));
    expect_float32(announcement, "checking the signature of the encoding");
}

TEST_F(EncodingsTest, PassesOverWhatItCannotReadBecauseANewerCoordinatorMaySayIt) {
    auto unknown = federation_.encoding(2);
    unknown.encoding = static_cast<WeightEncoding>(17);
    auto without_scale = federation_.encoding(2, WeightEncoding::Float8);
    without_scale.errors[2] = std::numeric_limits<float>::infinity();
    const Actions actions = hear(session_, offering_of(2, {unknown, without_scale, federation_.encoding(2)}));
    EXPECT_EQ(the_message<wire::ModelPull>(actions).encoding, WeightEncoding::Float16);
}

TEST_F(EncodingsTest, GoesOnWithTheNewestWhenAnEncodingIsNotOfferedAnyMore) {
    hear(session_, offering_of(2, {federation_.encoding(2)}));
    hear(session_, wire::Denied{wire::Denied::Reason::UnknownVersion, "version 2 is not offered as fp16"});
    EXPECT_EQ(the_message<wire::ModelPull>(hear(session_, federation_.announcement(2))).encoding,
              WeightEncoding::Float32);
}

}  // namespace
}  // namespace skerry::node
