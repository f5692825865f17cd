#include "aggregation/optimisers/server_optimiser.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "common/base/random.hpp"
#include "common/crypto/hash.hpp"

namespace skerry::aggregation {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

const std::vector<std::string> kAll = {"none", "momentum", "adam", "yogi", "adagrad"};

OptimiserSpec spec_of(std::string_view text) {
    return *parse_optimiser(text);
}

std::vector<float> random_mean(Random& random, std::size_t count) {
    std::vector<float> mean(count);
    for (float& value : mean)
        value = static_cast<float>(random.bell());
    return mean;
}

std::vector<float> stepped(std::string_view text, const std::vector<std::vector<float>>& means) {
    ServerOptimiser optimiser(spec_of(text), means.front().size());
    std::vector<float> weights(means.front().size(), 1.0F);
    for (const auto& mean : means)
        optimiser.step(mean, weights, 0, mean.size());
    return weights;
}

TEST(OptimiserSpec, ReadsWhatItWrites) {
    for (const char* text : {"none", "momentum(1, 0.9)", "adam(0.03, 0.001, 0.9, 0.99)", "yogi(0.1, 0.01, 0.5, 0.9)",
                             "adagrad(0.03, 0.001, 0)"})
        EXPECT_EQ(text_of(spec_of(text)), text);
    EXPECT_EQ(text_of(spec_of("yogi(0.1)")), "yogi(0.1, 0.001, 0.9, 0.99)");
}

TEST(OptimiserSpec, RefusesTheRestAndListsWhatThereIs) {
    for (const char* text : {"", "sgd", "none(1)", "adam, adam", "adam(0)", "adam(-1)", "adam(1, 0)", "momentum(1, 1)",
                             "momentum(1, 0.9, 3)", "adam(nan)", "adagrad(1, 1, 0, 0)"})
        EXPECT_FALSE(parse_optimiser(text)) << text;
    for (const std::string& name : kAll)
        EXPECT_THAT(parse_optimiser("sgd").error().message, HasSubstr(name));
}

// Computed with the formulas of Reddi et al., Algorithm 2, and of Hsu et al., in double precision by another program.
TEST(ServerOptimiser, FollowsThePapersFormulas) {
    const std::vector<std::vector<float>> means = {{0.5F, -0.1F, 0.2F}, {-0.25F, -0.2F, 0}, {1.0F, 0.001F, -0.3F}};
    EXPECT_THAT(stepped("adam(0.1, 0.01, 0.9, 0.99)", means),
                Pointwise(FloatNear(1e-6F), {1.2066399792589602F, 0.7985219104884389F, 1.0885072422875997F}));
    EXPECT_THAT(stepped("yogi(0.1, 0.01, 0.9, 0.99)", means),
                Pointwise(FloatNear(1e-6F), {1.2063254036849775F, 0.799134326028266F, 1.0883227102182642F}));
    EXPECT_THAT(stepped("adagrad(0.1, 0.01, 0)", means),
                Pointwise(FloatNear(1e-6F), {1.140620060099369F, 0.8243967831466237F, 1.0141955890638665F}));
    EXPECT_THAT(stepped("momentum(0.5, 0.9)", means), Pointwise(FloatNear(1e-6F), {1.94F, 0.675F, 1.121F}));
}

// Flower's test of FedAdagrad: updates 0.2 and 1.0 of a weight 0.1, η 0.1, τ 0.5. There v begins at zero.
TEST(ServerOptimiser, StepsAsFlowersAdagradFromTheStateThatItBeginsWith) {
    const OptimiserSpec spec = spec_of("adagrad(0.1, 0.5, 0)");
    Bytes state = ServerOptimiser(spec, 1).encode();
    std::fill(state.end() - 4, state.end(), std::byte{0});
    ServerOptimiser optimiser = *ServerOptimiser::decode(spec, 1, state);
    std::vector<float> weights = {0.1F};
    optimiser.step(std::vector<float>{0.6F - 0.1F}, weights, 0, 1);
    EXPECT_THAT(weights, ElementsAre(FloatNear(0.15F, 1e-7F)));
}

TEST(ServerOptimiser, NamedNoneIsAPlainAdditionToTheByte) {
    Random random(1);
    const auto mean = random_mean(random, 1000);
    std::vector<float> expected(1000, 1.0F);
    for (std::size_t i = 0; i < mean.size(); ++i)
        expected[i] += mean[i];
    EXPECT_EQ(stepped("none", {mean}), expected);
    EXPECT_EQ(stepped("momentum(1, 0)", {mean}), expected) << "as does a momentum that forgets at once";
}

TEST(ServerOptimiser, LeavesWhatIsOutsideItsRangeAndGoesInPiecesAsInOne) {
    for (const std::string& text : kAll) {
        Random random(2);
        ServerOptimiser whole(spec_of(text), 100);
        ServerOptimiser pieces(spec_of(text), 100);
        std::vector<float> one(100, 0.5F);
        std::vector<float> other = one;
        for (int round = 0; round < 5; ++round) {
            const auto mean = random_mean(random, 100);
            whole.step(mean, one, 7, 93);
            pieces.step(mean, other, 7, 40);
            pieces.step(mean, other, 40, 40);
            pieces.step(mean, other, 40, 93);
        }
        EXPECT_EQ(one, other) << text;
        EXPECT_EQ(whole.digest(), pieces.digest()) << text;
        EXPECT_EQ(one[6], 0.5F) << text;
        EXPECT_EQ(one[93], 0.5F) << text;
        EXPECT_NE(one[7], 0.5F) << text;
    }
}

TEST(ServerOptimiser, GoesOnFromItsBytesAsIfItHadNeverStopped) {
    for (const std::string& text : kAll) {
        Random random(3);
        ServerOptimiser running(spec_of(text), 50);
        std::vector<float> weights(50);
        for (int round = 0; round < 5; ++round) {
            auto resumed = ServerOptimiser::decode(spec_of(text), 50, running.encode());
            ASSERT_TRUE(resumed) << text;
            const auto mean = random_mean(random, 50);
            std::vector<float> copy = weights;
            running.step(mean, weights, 0, 50);
            resumed->step(mean, copy, 0, 50);
            EXPECT_EQ(copy, weights) << text;
            EXPECT_EQ(resumed->digest(), running.digest()) << text;
        }
    }
}

TEST(ServerOptimiser, JoinsWhatTwoRemember) {
    for (const std::string text : {"momentum", "adam"}) {
        Random random(4);
        std::vector<float> weights(50);
        ServerOptimiser front(spec_of(text), 50), back(spec_of(text), 50);
        front.step(random_mean(random, 50), weights, 0, 50);
        const auto mean = random_mean(random, 50);
        back.step(mean, weights, 0, 50);
        const auto joined = ServerOptimiser::joined(front.encode(), back.encode(), 20);
        ASSERT_TRUE(joined) << text;
        auto both = *ServerOptimiser::decode(spec_of(text), 50, *joined);
        // From here on each part goes on as where it comes from.
        std::vector<float> as_front(50), as_back(50), as_both(50);
        front.step(mean, as_front, 0, 50);
        back.step(mean, as_back, 0, 50);
        both.step(mean, as_both, 0, 50);
        for (std::size_t i = 0; i < 50; ++i)
            EXPECT_EQ(as_both[i], i < 20 ? as_front[i] : as_back[i]) << text << ' ' << i;
    }
    const Bytes adam = ServerOptimiser(spec_of("adam"), 3).encode();
    EXPECT_FALSE(ServerOptimiser::joined(adam, ServerOptimiser(spec_of("yogi"), 3).encode(), 1));
    EXPECT_FALSE(ServerOptimiser::joined(adam, ServerOptimiser(spec_of("adam"), 4).encode(), 1));
    EXPECT_FALSE(ServerOptimiser::joined(adam, adam, 3)) << "nothing is left for the other";
    EXPECT_FALSE(ServerOptimiser::joined({}, {}, 1));
    for (std::size_t length = 0; length < adam.size(); ++length)
        EXPECT_FALSE(ServerOptimiser::joined(ByteView(adam).first(length), ByteView(adam).first(length), 1)) << length;
}

TEST(ServerOptimiser, RefusesBytesThatAreNoStateOfIts) {
    const OptimiserSpec adam = spec_of("adam");
    const Bytes good = ServerOptimiser(adam, 3).encode();
    ASSERT_TRUE(ServerOptimiser::decode(adam, 3, good));
    ASSERT_TRUE(ServerOptimiser::decode(spec_of("adam(0.5)"), 3, good)) << "another rate may go on with it";
    EXPECT_FALSE(ServerOptimiser::decode(adam, 4, good));
    EXPECT_FALSE(ServerOptimiser::decode(spec_of("yogi"), 3, good));
    for (std::size_t length = 0; length < good.size(); ++length)
        EXPECT_FALSE(ServerOptimiser::decode(adam, 3, ByteView(good).first(length))) << length;
    Bytes longer = good;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(ServerOptimiser::decode(adam, 3, longer));
    for (const float bad : {-1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        Bytes damaged = good;
        std::memcpy(damaged.data() + damaged.size() - sizeof bad, &bad, sizeof bad);
        EXPECT_FALSE(ServerOptimiser::decode(adam, 3, damaged)) << bad;
    }
}

TEST(ServerOptimiser, StaysFiniteHoweverLongTheLargestStepsCome) {
    for (const std::string& text : kAll) {
        const OptimiserSpec spec = spec_of(text);
        ServerOptimiser optimiser(spec, 2);
        std::vector<float> weights(2);
        for (int round = 0; round < 10'000; ++round)
            optimiser.step(std::vector<float>{8192.0F, round % 2 == 0 ? 8192.0F : -8192.0F}, weights, 0, 2);
        EXPECT_TRUE(std::isfinite(weights[0]) && std::isfinite(weights[1])) << text;
        EXPECT_TRUE(ServerOptimiser::decode(spec, 2, optimiser.encode())) << text;
    }
}

TEST(ServerOptimiser, HasTheSameBytesOnEveryMachine) {
    std::string digests;
    for (const std::string& text : kAll) {
        Random random(4);
        ServerOptimiser optimiser(spec_of(text), 300);
        std::vector<float> weights(300);
        for (int round = 0; round < 10; ++round)
            optimiser.step(random_mean(random, 300), weights, 0, 300);
        ByteWriter both;
        both.put(std::as_bytes(std::span(weights))).put(optimiser.encode());
        digests += to_hex(ByteView(crypto::sha256(both.bytes())).first(4)) + " ";
    }
    EXPECT_EQ(digests, "4d5aff0c 8326a5cb a9b9495c b5b1e8fb 55df4725 ");
}

}  // namespace
}  // namespace skerry::aggregation
